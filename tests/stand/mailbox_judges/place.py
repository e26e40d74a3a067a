# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where programs that read mailboxes run, and what each of them says at the end."""

import dataclasses
import email
import json
import mailbox
import pathlib
import re
import shutil
import subprocess
import typing as tp

TIMEOUT = 60  # seconds, of a machine that is busy; a run takes some tenths of one
_PROGRAMS = pathlib.Path(__file__).with_name("programs")
#: What a program may be refused for.
LOGIN, CERTIFICATE, CLEAR = "login", "certificate", "clear text"
#: What a witness answers when there is no such folder.
FOLDER = "no folder"


@dataclasses.dataclass(frozen=True)
class Box:
    """A mailbox, as a person is told of it.

    Attributes:
        host: name of the server.
        address, password: what to log in with.
        ca: name of the file with the authority that is trusted, in the place's files.
        tls: False asks for a login in clear text, which is to be refused.
    """

    host: str
    address: str
    password: str
    ca: str = "ca.pem"
    tls: bool = True

    @property
    def ca_seen(self) -> str:
        """The authority's file as the programs see it."""
        return f"/mnt/{self.ca}"


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a program got.

    Attributes:
        ids: Message-ID of each message that it has got, sorted; a double twice.
        refusal: "", LOGIN, CERTIFICATE, CLEAR, or else the end of what it said.
        said: all that it printed.
    """

    ids: tuple[str, ...]
    refusal: str
    said: str


class Words(tp.NamedTuple):
    """How a program says that it was refused: patterns of re."""

    login: str
    certificate: str
    clear: str = r"(?!)"


@dataclasses.dataclass(frozen=True)
class Job:
    """A directory of a program's own, and the command that runs it there.

    Attributes:
        files: the directory.
        seen: the same, as the program sees it.
        command: makes the command that runs a program of the root file system.
    """

    files: pathlib.Path
    seen: str
    command: tp.Callable[..., list[str]]

    def write(self, name: str, text: str) -> str:
        """Write a file for the program; return its path as the program sees it."""
        path = self.files / name
        path.write_text(text)
        # fetchmail and mpop want it so, because of the password.
        path.chmod(0o600)
        return f"{self.seen}/{name}"

    def run(self, *argv: str, given: str = "") -> tuple[int, str]:
        """Return the exit status of a program, and all that it printed.

        Raises:
            subprocess.TimeoutExpired: it has not ended in time.
        """
        done = subprocess.run(
            self.command("env", f"HOME={self.seen}", *argv),
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def ask(self, box: Box, task: tp.Mapping[str, tp.Any], *argv: str) -> Reading:
        """Run one of our programs around a library; see programs/."""
        given = {**dataclasses.asdict(box), "ca": box.ca_seen, **task}
        status, said = self.run(*argv, given=json.dumps(given))
        try:
            found = json.loads(said.splitlines()[-1])
            return Reading(tuple(sorted(found["ids"])), found["refusal"], said)
        except (ValueError, IndexError, KeyError):
            return Reading((), f"status {status}: {end(said)}", said)


class Place:
    """A directory that programs of the root file system see as /mnt.

    Args:
        files: the directory.
        command: makes the command that runs a program of the root file system.
    """

    def __init__(
        self, files: pathlib.Path, command: tp.Callable[..., list[str]]
    ) -> None:
        self.files, self.command = files, command
        shutil.copytree(_PROGRAMS, files / "programs")

    def job(self, name: str) -> Job:
        """Return the job of this name: with what an earlier one of the name left."""
        (self.files / name).mkdir(exist_ok=True)
        return Job(self.files / name, f"/mnt/{name}", self.command)


def refusal(status: int, said: str, words: Words) -> str:
    """Return why a program was refused, "" when it ended well."""
    if status == 0:
        return ""
    for kind, pattern in (
        (CLEAR, words.clear),
        (CERTIFICATE, words.certificate),
        (LOGIN, words.login),
    ):
        if re.search(pattern, said):
            return kind
    return f"status {status}: {end(said)}"


def end(said: str, lines: int = 4) -> str:
    """Return the end of what a program said, in one line."""
    return " / ".join(said.strip().splitlines()[-lines:])[-400:] or "it says nothing"


def move(source: pathlib.Path, target: pathlib.Path, message_id: str) -> None:
    """Move a message from a Maildir to another, as a person's program does it.

    The number that a program has noted in the name (`U=1`) belongs to the old folder.
    """
    for name in ("cur", "new", "tmp"):
        (target / name).mkdir(parents=True, exist_ok=True)
    for name in ("cur", "new"):
        for one in (source / name).glob("*"):
            if _message_id(one.read_bytes()) == message_id:
                one.rename(target / "cur" / f"{one.name.partition(',')[0]}:2,S")


def in_maildir(path: pathlib.Path) -> tuple[str, ...]:
    """Return the Message-IDs of a Maildir's messages, sorted."""
    files = [one for name in ("cur", "new") for one in (path / name).glob("*")]
    return tuple(sorted(_message_id(one.read_bytes()) for one in files))


def in_mbox(path: pathlib.Path) -> tuple[str, ...]:
    """Return the Message-IDs of an mbox's messages, sorted; a missing one is empty."""
    if not path.exists():
        return ()
    return tuple(sorted(_message_id(bytes(one)) for one in mailbox.mbox(path)))


def _message_id(octets: bytes) -> str:
    return str(email.message_from_bytes(octets)["Message-ID"] or "(none)").strip()
