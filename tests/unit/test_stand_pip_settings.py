# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stand's builds with whatever pip's configuration of the machine names.

The last test lets a real pip install a wheel with such settings; nothing is fetched
over a network.
"""

import os
import pathlib
import subprocess
import sys
import typing as tp
import zipfile

import pytest

from tests.stand import cache, pip_constraints, pip_settings

OURS = "cryptography==49.0.0\nIdna==3.20\n"


class Machine:
    """A machine of which only pip's configuration exists."""

    def __init__(self, root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        for name in [n for n in os.environ if n.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(root / "home"))
        monkeypatch.setenv("XDG_CONFIG_DIRS", str(root / "xdg"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(root / "config"))
        # A machine's own file, which the tests cannot write, would take part else.
        monkeypatch.setattr(pip_settings, "MACHINE_DIRECTORY", str(root / "etc"))
        self.environ = monkeypatch.setenv
        self.chdir = monkeypatch.chdir

    def file(self, name: str, text: str = "") -> pathlib.Path:
        """Write a file of the machine."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def settings(self) -> pip_settings.Settings:
        """Return what a build obeys."""
        pins = self.file("ours.txt", OURS)
        found = pip_settings.read()
        return pip_settings.judge(found, [pins], self.root / "copies")


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


class TestReading:
    def test_the_later_file_wins_and_the_environment_over_all(
        self, machine: Machine
    ) -> None:
        for number, name in enumerate(
            (
                "xdg/pip/pip.conf",
                "etc/pip.conf",
                "home/.pip/pip.conf",
                "config/pip/pip.conf",
                "extra.conf",
            )
        ):
            seen = f"http://{number}.test/"
            machine.file(name, f"[global]\nindex-url = {seen}\n")
            if name == "extra.conf":
                machine.environ("PIP_CONFIG_FILE", str(machine.root / name))
            assert pip_settings.read() == {"index-url": seen}
        machine.environ("PIP_INDEX_URL", "http://environment.test/")
        assert pip_settings.read() == {"index-url": "http://environment.test/"}

    def test_what_is_said_of_install_wins_over_what_is_said_of_all(
        self, machine: Machine
    ) -> None:
        machine.file("config/pip/pip.conf", "[global]\nretries = 1\n")
        machine.file("etc/pip.conf", "[install]\nretries = 2\n")
        assert pip_settings.read() == {"retries": "2"}

    def test_no_file_is_read_where_pip_reads_none(self, machine: Machine) -> None:
        machine.file("etc/pip.conf", "[global]\nretries = 1\n")
        machine.environ("PIP_CONFIG_FILE", os.devnull)
        assert pip_settings.read() == {}

    def test_names_are_read_as_pip_reads_them(self, machine: Machine) -> None:
        text = "[global]\nextra_index_url =\n  http://a.test/\n  http://b.test/\n"
        machine.file("etc/pip.conf", text)
        found = pip_settings.read()
        assert found == {"extra-index-url": "http://a.test/ http://b.test/"}

    @pytest.mark.parametrize(
        "text", ["no section\n", "[global\n", "[global]\n[global]"]
    )
    def test_a_file_that_pip_cannot_read_is_named(
        self, machine: Machine, text: str
    ) -> None:
        path = machine.file("etc/pip.conf", text)
        with pytest.raises(RuntimeError, match=str(path)):
            pip_settings.read()


class TestWhatIsObeyed:
    @pytest.mark.parametrize(
        "option",
        ["constraint", "requirement", "cert", "client-cert", "find-links", "index-url"],
    )
    def test_a_file_that_is_there_is_used_from_any_directory(
        self, machine: Machine, option: str
    ) -> None:
        path = machine.file("some file.txt" if "cert" in option else "a%20file.txt")
        machine.chdir(machine.root)
        for word in (str(path), path.name):
            machine.environ(f"PIP_{option.upper().replace('-', '_')}", word)
            settings = machine.settings()
            assert settings.notes == ()
            assert pathlib.Path(settings.values[option]).samefile(path)

    @pytest.mark.parametrize(
        "option",
        ["constraint", "requirement", "cert", "client-cert", "find-links", "index-url"],
    )
    def test_a_file_that_is_not_there_is_told_and_breaks_nothing(
        self, machine: Machine, option: str
    ) -> None:
        path = machine.root / "gone"
        machine.file("etc/pip.conf", f"[global]\n{option} = {path}\n")
        settings = machine.settings()
        assert dict(settings.values) == {}
        assert settings.notes == (
            f"pip's setting {option} is not used: {path} cannot be read",
        )

    def test_addresses_and_directories_beside_a_missing_one_stay(
        self, machine: Machine
    ) -> None:
        index = machine.file("in dex/simple/x").parent
        url = index.as_uri()
        assert "%20" in url
        machine.environ("PIP_EXTRA_INDEX_URL", f"{url} file:///gone https://x.test/s")
        settings = machine.settings()
        assert settings.values["extra-index-url"] == f"{url} https://x.test/s"
        assert len(settings.notes) == 1

    @pytest.mark.parametrize(
        "option", ["user", "target", "prefix", "require-hashes", "only-binary"]
    )
    def test_a_setting_of_what_pip_does_is_told_and_not_used(
        self, machine: Machine, option: str
    ) -> None:
        machine.file("etc/pip.conf", f"[global]\n{option} = 1\nquiet = 2\n")
        settings = machine.settings()
        assert dict(settings.values) == {}
        assert len(settings.notes) == 1
        assert option in settings.notes[0]

    def test_the_environment_of_a_build_holds_nothing_else(
        self, machine: Machine
    ) -> None:
        machine.environ("PIP_TARGET", "/somewhere")
        machine.environ("PIP_RETRIES", "7")
        env = machine.settings().environment()
        assert env["PIP_CONFIG_FILE"] == os.devnull
        assert env["PIP_RETRIES"] == "7"
        assert "PIP_TARGET" not in env


class TestConstraints:
    def constraint(
        self, machine: Machine, text: str
    ) -> tuple[str, pip_settings.Settings]:
        path = machine.file("theirs.txt", text)
        machine.environ("PIP_CONSTRAINT", str(path))
        settings = machine.settings()
        return pathlib.Path(settings.values["constraint"]).read_text(), settings

    def test_what_contradicts_no_pin_is_used_as_it_is(self, machine: Machine) -> None:
        _, settings = self.constraint(machine, "torch<3\n")
        assert settings.values["constraint"] == str(machine.root / "theirs.txt")
        assert settings.notes == ()

    @pytest.mark.parametrize(
        "line",
        [
            "cryptography<40",
            "IDNA == 2.0 ; python_version > '3'",
            "idna@ file:///x.whl",
        ],
    )
    def test_a_package_that_we_pin_is_left_out_and_told(
        self, machine: Machine, line: str
    ) -> None:
        text, settings = self.constraint(machine, f"# a cap\ntorch<3\n{line}\n")
        assert text == "# a cap\ntorch<3\n"
        assert "this project pins" in settings.notes[0]

    def test_files_that_a_file_names_are_read_beside_it(self, machine: Machine) -> None:
        machine.file("below/more.txt", "idna<3\nnumpy<2\n")
        text, _ = self.constraint(machine, "-c below/more.txt\ntorch<3\n")
        assert text == "numpy<2\ntorch<3\n"

    def test_a_file_that_names_itself_ends(self, machine: Machine) -> None:
        text, _ = self.constraint(machine, "-c theirs.txt\nidna<3\n")
        assert "idna" not in text

    def test_a_file_that_names_a_missing_one_is_told(self, machine: Machine) -> None:
        machine.environ("PIP_CONSTRAINT", str(machine.file("t.txt", "-r gone.txt\n")))
        settings = machine.settings()
        assert "constraint" not in settings.values
        assert str(machine.root / "gone.txt") in settings.notes[0]

    def test_an_address_is_left_to_pip(self) -> None:
        notes: list[str] = []
        words = pip_constraints.fitting(["http://x.test/c"], [], pathlib.Path(), notes)
        assert (words, notes) == (["http://x.test/c"], [])


def wheel(directory: pathlib.Path) -> None:
    """Write the smallest wheel that pip installs."""
    directory.mkdir(parents=True)
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(directory / "tiny-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\n"
            "Root-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")


def test_a_real_pip_installs_with_files_in_every_setting(machine: Machine) -> None:
    wheel(machine.root / "wheels")
    constraint = machine.file("c.txt", "tiny<2\nidna<1\n")
    machine.file(
        "etc/pip.conf",
        f"[global]\nconstraint = {constraint}\n"
        f"find-links = {machine.root}/wheels\nno-index = true\nuser = true\n",
    )
    machine.file(
        "config/pip/pip.conf",
        f"[install]\nextra-index-url = file://{machine.root}/index/simple\n"
        f"cert = {machine.file('ca.pem')}\nclient-cert = {machine.file('own.pem')}\n"
        "require-hashes = true\n",
    )
    machine.environ("PIP_REQUIREMENT", str(machine.file("r.txt", "tiny>=1\n")))
    target = machine.root / "venv"
    run([sys.executable, "-m", "venv", target], machine.settings())
    run([target / "bin/pip", "install", "tiny"], machine.settings())
    assert list(target.glob("lib/python3*/site-packages/tiny.py"))


def run(argv: list[tp.Any], settings: pip_settings.Settings) -> None:
    done = subprocess.run(
        argv, env=settings.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stands_own_pins_are_read(tmp_path: pathlib.Path) -> None:
    settings = pip_settings.load(cache.Cache(tmp_path))
    assert settings.environment()["PIP_CONFIG_FILE"] == os.devnull
