# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""pip's settings of this machine, as the stand's own builds obey them.

Whatever pip installs or builds here, it does on the machine itself and with these
settings: files that they name are where they name them.  What is built inside a root
file system gets finished wheels and no settings (`rootfs`).

Settings of where packages come from are obeyed.  Settings of what pip installs, and
where to, are not: the stand decides that.  A setting that cannot be obeyed never
breaks a build; one line says so (`Settings.notes`).

Source: pip's documentation, topics/configuration.
"""

import configparser
import dataclasses
import os
import pathlib
import typing as tp

from tests.stand import cache, pip_constraints, progress, settings

MACHINE_DIRECTORY = "/etc"
# Their value is one path, which may hold blanks.
PATH = frozenset({"cert", "client-cert"})
# Words between blanks, each a path or an address.
PLACES = frozenset({"index-url", "extra-index-url", "find-links"})
FILES = frozenset({"constraint", "build-constraint", "requirement"})
OTHERS = frozenset(
    {
        "cache-dir",
        "default-timeout",
        "keyring-provider",
        "no-cache-dir",
        "no-index",
        "prefer-binary",
        "proxy",
        "retries",
        "timeout",
        "trusted-host",
    }
)
# They change only what pip prints or asks; a build needs none of them.
SILENT = frozenset(
    {
        "disable-pip-version-check",
        "exists-action",
        "log",
        "no-color",
        "no-input",
        "progress-bar",
        "quiet",
        "root-user-action",
        "verbose",
    }
)


_WHY = "the stand decides itself what is installed, and where"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What pip is told, and what a person is told about it.

    ``values``: option (``extra-index-url``) -> value; ``notes``: one line each.
    """

    values: tp.Mapping[str, str]
    notes: tuple[str, ...] = ()

    def tell(self) -> None:
        """Say which settings are not obeyed, and why."""
        for note in self.notes:
            progress.say(note)

    def environment(self) -> dict[str, str]:
        """Return the environment of a pip that obeys these settings and no others."""
        names = {k: "PIP_" + k.upper().replace("-", "_") for k in self.values}
        return {
            **without_settings(),
            "PIP_DEFAULT_TIMEOUT": "180",
            **{names[option]: value for option, value in self.values.items()},
        }


def without_settings() -> dict[str, str]:
    """Return the environment of a pip that asks no index and obeys no setting."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    return {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }


def load(store: cache.Cache) -> Settings:
    """Read this machine's settings and put right what a build would stumble over."""
    pins = sorted((settings.REPO / "constraints").glob("*.txt"))
    return judge(read(), pins, store.root / "pip-constraints")


def read() -> dict[str, str]:
    """Return every setting that ``pip install`` finds here, option -> value."""
    merged: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for path in _files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            reason = str(error).partition("\n")[0]
            raise RuntimeError(f"pip's configuration {path}: {reason}") from error
        for section in merged:
            if parser.has_section(section):
                found = parser.items(section)
                merged[section].update({_option(k): v for k, v in found})
    values = {**merged["global"], **merged["install"]}
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            values[_option(name.removeprefix("PIP_"))] = value
    return {k: " ".join(v.split()) for k, v in values.items() if v.strip()}


def _files() -> list[str]:
    """Return the files that pip reads; the last one wins."""
    extra = os.environ.get("PIP_CONFIG_FILE", "")
    if extra == os.devnull:
        return []
    home = pathlib.Path.home()
    shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    own = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    directories = [f"{d}/pip" for d in shared.split(os.pathsep) if d]
    directories += [MACHINE_DIRECTORY, f"{home}/.pip", f"{own}/pip"]
    return [f"{d}/pip.conf" for d in directories] + ([extra] if extra else [])


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def judge(
    found: tp.Mapping[str, str],
    pins: tp.Collection[pathlib.Path],
    copies: pathlib.Path,
) -> Settings:
    """Return the settings that are obeyed, with a note for each that is not.

    ``pins``: this project's own constraint files; ``copies``: a directory for
    constraint files of the machine without what the project pins itself.
    """
    values: dict[str, str] = {}
    notes: list[str] = []
    for option, value in sorted(found.items()):
        if option in PATH:
            kept = [w for w in [value] if _exists(w, option, notes)]
        elif option in PLACES | FILES:
            kept = [_absolute(w) for w in value.split() if _exists(w, option, notes)]
            if option == "constraint":
                kept = pip_constraints.fitting(kept, pins, copies, notes)
        elif option in OTHERS:
            kept = [value]
        else:
            kept = []
            if option not in SILENT:
                notes.append(f"pip's setting {option} is not used: {_WHY}")
        if kept:
            values[option] = " ".join(kept)
    return Settings(values, tuple(notes))


def _absolute(word: str) -> str:
    """Return a place as pip finds it from any directory."""
    path = pip_constraints.local(word)
    return word if path is None or word.startswith("file:") else os.fspath(path)


def _exists(word: str, option: str, notes: list[str]) -> bool:
    path = pip_constraints.local(word)
    if path is None or os.access(path, os.R_OK):
        return True
    notes.append(f"pip's setting {option} is not used: {path} cannot be read")
    return False
