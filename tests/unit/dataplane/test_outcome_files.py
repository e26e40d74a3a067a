# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Exim's log is read on, whatever logrotate and others do with it."""

import pathlib

import pytest

from exordos_mail.dataplane.services.outcomes import log_files


class Reader:
    """Reads a directory's log, and remembers where it was."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.log = directory / "mainlog"
        self.places: dict[int, log_files.Place] = {}
        self.is_lost = False

    def write(self, text: str, name: str = "mainlog") -> None:
        with (self.directory / name).open("a") as file:
            file.write(text)

    def read(self) -> list[str]:
        lines = []
        while True:
            found = log_files.read(self.directory, self.places)
            self.places = {one.inode: one for one in found.places}
            self.is_lost |= found.is_lost
            lines += [one.decode() for one in found.lines]
            if not found.more:
                return lines


@pytest.fixture
def reader(tmp_path: pathlib.Path) -> Reader:
    return Reader(tmp_path)


def test_lines_are_read_once_and_whole(reader):
    assert reader.read() == []
    reader.write("a\nb\nhalf")
    assert reader.read() == ["a", "b"]
    reader.write(" of it\nc\n")
    assert reader.read() == ["half of it", "c"]
    assert reader.read() == []


def test_a_renamed_log_is_read_to_its_end(reader):
    reader.write("a\n")
    assert reader.read() == ["a"]
    reader.log.rename(reader.log.with_name("mainlog.1"))
    reader.write("late\n", "mainlog.1")
    reader.write("new\n")
    assert reader.read() == ["late", "new"]
    # A process that has it open writes there still.
    reader.write("later\n", "mainlog.1")
    assert reader.read() == ["later"]
    (reader.directory / "mainlog.1").rename(reader.directory / "mainlog.2")
    reader.log.rename(reader.directory / "mainlog.1")
    reader.write("next\n")
    assert reader.read() == ["next"]
    assert not reader.is_lost


def test_a_rotation_while_nobody_reads(reader):
    reader.write("a\n")
    assert reader.read() == ["a"]
    reader.write("b\n")
    reader.log.rename(reader.log.with_name("mainlog.2"))
    reader.write("c\n", "mainlog.1")
    reader.write("d\n")
    assert reader.read() == ["b", "c", "d"]


def test_at_first_only_the_newest_is_read(reader):
    reader.write("old\n", "mainlog.1")
    reader.write("new\n")
    assert reader.read() == ["new"]
    reader.write("old too\n", "mainlog.1")
    # From now on it is known that this one is there.
    assert reader.read() == ["old", "old too"]


@pytest.mark.parametrize("after", ["z\n", "z\n" * 40, "other\n" * 100])
def test_a_log_that_was_cut_off_is_read_from_its_beginning(reader, after):
    reader.write("first\n" * 10)
    reader.read()
    reader.log.write_text("")
    reader.write(after)
    assert reader.read() == after.splitlines()
    assert not reader.is_lost


def test_a_log_that_was_lost_is_told(reader):
    reader.write("a\n")
    reader.read()
    (reader.directory / "elsewhere").write_text("")
    reader.log.rename(reader.directory / "gone")
    assert reader.read() == []
    reader.write("b\n")
    assert reader.read() == ["b"]
    assert reader.is_lost


def test_more_than_a_turn(reader):
    lines = ["x" * 1000] * 3000
    reader.write("\n".join(lines) + "\n")
    assert reader.read() == lines
    # No line is as long as that: it is not waited for for ever.
    reader.write("y" * (3 * log_files.CHUNK) + "\nz\n")
    assert reader.read()[-1] == "z"
