# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stand's pure helpers: names, cache keys, records, the command line."""

import os
import pathlib
import time

import pytest

from tests.stand import cache, cli, host, internet, processes, settings


def stand_at(path: pathlib.Path) -> settings.Settings:
    return settings.Settings("unit", path / "cache", path / "state" / "unit")


class TestSettings:
    @pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a/b", "a" * 17, "a\n"])
    def test_a_name_that_could_leave_its_directory_is_refused(self, name: str) -> None:
        assert not settings.NAME_RULE.match(name)

    def test_load_takes_places_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EXORDOS_STAND", "two")
        monkeypatch.setenv("EXORDOS_STAND_CACHE", "/some/cache")
        monkeypatch.setenv("EXORDOS_STAND_STATE", "/some/state")
        stand = settings.Settings.load()
        assert stand.cache == pathlib.Path("/some/cache")
        assert stand.state == pathlib.Path("/some/state/two")
        assert stand.netns == "exordos-mail-two"

    def test_two_stands_share_no_namespace(self) -> None:
        one, two = (settings.Settings.load(n).all_netns for n in ("one", "two"))
        assert not set(one) & set(two)

    def test_a_template_with_an_unknown_name_fails(self) -> None:
        assert settings.render("a @B@ c@@d", {"B": 1}) == "a 1 c@@d"
        with pytest.raises(KeyError):
            settings.render("@NOBODY@", {})


class TestCacheKeys:
    def test_a_key_depends_on_where_one_part_ends(self) -> None:
        assert cache.key("ab", "c") != cache.key("a", "bc")

    def test_a_tree_changes_with_name_content_and_mode(
        self, tmp_path: pathlib.Path
    ) -> None:
        file = tmp_path / "tree" / "a"
        file.parent.mkdir()
        seen = set()
        for content, name, mode in [
            ("1", "a", 0o644),
            ("2", "a", 0o644),
            ("2", "b", 0o644),
            ("2", "b", 0o755),
        ]:
            file = file.rename(file.with_name(name)) if file.exists() else file
            file.write_text(content)
            file.chmod(mode)
            seen.add(cache.tree(file.parent))
        assert len(seen) == 4

    def test_compiled_files_do_not_count(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "a.py").write_text("x = 1\n")
        before = cache.tree(tmp_path)
        (tmp_path / "__pycache__").mkdir()
        (tmp_path / "__pycache__" / "a.pyc").write_text("")
        assert cache.tree(tmp_path) == before

    def test_an_interrupted_build_does_not_count(self, tmp_path: pathlib.Path) -> None:
        store = cache.Cache(tmp_path)
        calls = []

        def build(path: pathlib.Path) -> None:
            assert not path.exists(), "the half-built directory is removed first"
            path.mkdir()
            calls.append(path)
            if len(calls) == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.get("thing", "0" * 16, "thing", build)
        done = store.get("thing", "0" * 16, "thing", build)
        assert store.get("thing", "0" * 16, "thing", build) == done
        assert len(calls) == 2

    def test_what_was_asked_for_lately_is_kept(self, tmp_path: pathlib.Path) -> None:
        store = cache.Cache(tmp_path)
        things = [
            store.get("thing", f"{number:016}", "thing", pathlib.Path.mkdir)
            for number in range(5)
        ]
        assert all(thing.exists() for thing in things)
        for number, thing in enumerate(things):
            then = time.time() - cache.FRESH - 100 + number
            os.utime(thing.with_name(f"{thing.name}.ok"), (then, then))
        store.get("thing", f"{4:016}", "thing", pathlib.Path.mkdir)
        kept = [thing for thing in things if thing.exists()]
        assert kept == things[2:]


class TestRecords:
    def test_only_the_very_process_is_alive(self, tmp_path: pathlib.Path) -> None:
        record = processes.Record.of("me", os.getpid(), ["pytest"])
        record.save(tmp_path / "me.json")
        assert processes.Record.load(tmp_path / "me.json") == record
        assert record.alive
        later = processes.Record("me", os.getpid(), record.started + 1, record.boot, ())
        assert not later.alive, "the same number, but started at another time"
        rebooted = processes.Record("me", os.getpid(), record.started, "other", ())
        assert not rebooted.alive

    @pytest.mark.parametrize("text", ["", "{", "{}", '{"pid": 1}', "[]"])
    def test_a_broken_record_is_no_record(
        self, tmp_path: pathlib.Path, text: str
    ) -> None:
        (tmp_path / "x.json").write_text(text)
        assert processes.Record.load(tmp_path / "x.json") is None

    def test_no_sweep_can_kill_the_sweeper(self) -> None:
        assert {os.getpid(), os.getppid()} <= processes.ancestors()


class TestDNS:
    @pytest.mark.parametrize(
        ("kind", "value", "data"),
        [
            ("TXT", "v=spf1 -all", '"v=spf1 -all"'),
            ("txt", 'a"b', '"a\\"b"'),
            ("TXT", "x" * 300, '"' + "x" * 250 + '" "' + "x" * 50 + '"'),
            ("TXT", '"as" "it is"', '"as" "it is"'),
            ("MX", "mx.example.com", "10 mx.example.com."),
            ("MX", "5 mx.example.com.", "5 mx.example.com."),
            ("PTR", "example.com", "example.com."),
            ("A", "10.20.0.20", "10.20.0.20"),
        ],
    )
    def test_values_become_record_data(self, kind: str, value: str, data: str) -> None:
        assert internet.record_data(kind, value) == data

    def test_an_address_becomes_its_reverse_name(self) -> None:
        assert internet.owner_name("10.20.0.20") == "20.0.20.10.in-addr.arpa."
        assert internet.owner_name("example.com") == "example.com."


class TestHost:
    def test_sources_are_the_machines_own(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host, "codename", lambda: "bookworm")
        parts = tmp_path / "sources.list.d"
        parts.mkdir()
        (parts / "a.sources").write_text(
            "Types: deb\n# a comment\nURIs: http://one.test/debian\n"
            "Suites: bookworm bookworm-updates\nComponents: main\n\n"
            "Types: deb\nURIs: http://off.test/debian\nSuites: bookworm\nEnabled: no\n"
        )
        (tmp_path / "sources.list").write_text(
            "# deb http://no.test/debian bookworm main\n"
            "deb [arch=amd64] http://two.test/s bookworm-security main\n"
            "deb http://pgdg.test/apt bookworm-pgdg main\n"
        )
        assert host.apt_sources(tmp_path) == [
            ("http://one.test/debian", "bookworm"),
            ("http://one.test/debian", "bookworm-updates"),
            ("http://two.test/s", "bookworm-security"),
        ]


class TestCommandLine:
    def test_the_command_follows_the_dashes(self) -> None:
        args = cli.parser().parse_args(["node", "m1", "--", "sh", "-c", "x"])
        assert cli.words(args.argv) == ["sh", "-c", "x"]

    def test_a_missing_command_is_said(self) -> None:
        with pytest.raises(SystemExit, match="command is missing"):
            cli.words(["--"])

    @pytest.mark.parametrize("period", ["0", "61", "-1", "x", "nan"])
    def test_a_period_out_of_range_is_refused(self, period: str) -> None:
        with pytest.raises(SystemExit) as error:
            cli.parser().parse_args(["up", "--period", period])
        assert error.value.code == 2

    def test_a_stand_that_is_down_is_told_so(
        self,
        tmp_path: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("EXORDOS_STAND_STATE", str(tmp_path))
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert cli.main(["--name", "gone", "status"]) == 1
        assert "run `standctl up`" in capsys.readouterr().err
