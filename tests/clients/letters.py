# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a client is asked to send, and what it says became of it."""

import dataclasses
import email.message
import email.utils
import json
import pathlib
import secrets

from tests.functional import smtp

#: Where a client finds its job, and the node's certificate, in its own place.
JOB, CERTIFICATE = "/job/job.json", "/job/node.pem"


@dataclasses.dataclass(frozen=True)
class File:
    """An attachment; the client reads it as ``/job/<stored>``."""

    name: str
    type: str
    octets: bytes
    stored: str

    @property
    def path(self) -> str:
        """Return where the client finds it."""
        return f"/job/{self.stored}"


@dataclasses.dataclass(frozen=True)
class Letter:
    """One message. Its tag is in its subject and in no other letter's.

    The recipients in ``blind`` are in the envelope only; for clients that
    send them ``as_written``.
    """

    to: tuple[str, ...]
    subject: str
    text: str = "A line.\n.a line that begins with a dot\nFrom here on\n"
    files: tuple[File, ...] = ()
    blind: tuple[str, ...] = ()
    tag: str = dataclasses.field(default_factory=lambda: secrets.token_hex(6))

    @property
    def envelope(self) -> tuple[str, ...]:
        """Return all recipients."""
        return (*self.blind, *self.to)

    @property
    def title(self) -> str:
        """Return the subject as it must arrive."""
        return f"{self.subject} {self.tag}"


@dataclasses.dataclass(frozen=True)
class Job:
    """Letters of one account, sent on one connection if the client can.

    Attributes:
        host: the node's name, which its certificate is for.
        user: the account's login, which is the sender as well.
        name: what the client is told to greet with; empty for its own choice.
    """

    host: str
    user: str
    password: str
    letters: tuple[Letter, ...]
    port: int = smtp.SUBMISSION
    name: str = ""

    def store(self, place: pathlib.Path) -> None:
        """Write the job and its attachments to a client's own place."""
        for letter in self.letters:
            for file in letter.files:
                (place / file.stored).write_bytes(file.octets)
        shown = {
            "host": self.host,
            "port": self.port,
            "ca": CERTIFICATE,
            "user": self.user,
            "password": self.password,
            "name": self.name,
            "letters": [_shown(letter) for letter in self.letters],
        }
        (place / "job.json").write_text(json.dumps(shown))
        (place / "job.properties").write_text(self._properties())

    def _properties(self) -> str:
        """Return the job as Java reads it (java.util.Properties)."""
        shown = {
            "host": self.host,
            "port": str(self.port),
            "ca": CERTIFICATE,
            "user": self.user,
            "password": self.password,
            "name": self.name,
            "letters": str(len(self.letters)),
        }
        for number, letter in enumerate(self.letters):
            parts = {
                "to": "\n".join(letter.to),
                "subject": letter.title,
                "text": letter.text,
                "files.name": "\n".join(file.name for file in letter.files),
                "files.path": "\n".join(file.path for file in letter.files),
            }
            shown.update({f"letter.{number}.{k}": v for k, v in parts.items()})
        return "".join(f"{name}={_escaped(value)}\n" for name, value in shown.items())


def _shown(letter: Letter) -> dict[str, object]:
    files = [{"path": f.path, "name": f.name, "type": f.type} for f in letter.files]
    return {
        "to": letter.to,
        "blind": letter.blind,
        "subject": letter.title,
        "text": letter.text,
        "files": files,
    }


def _escaped(text: str) -> str:
    r"""Return a value of Java's properties: ``\`` and line ends are escaped."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


@dataclasses.dataclass
class Outcome:
    """What a client said.

    Attributes:
        sent: how many letters it calls sent.
        refused: the recipients that it calls refused.
        text: all that it printed, for the reader of a failed test.
    """

    sent: int
    refused: set[str]
    text: str


def compose(sender: str, letter: Letter) -> bytes:
    """Return a letter as a message, for clients that take a finished one."""
    message = email.message.EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(letter.to)
    message["Subject"] = letter.title
    message["Date"] = email.utils.localtime()
    message.set_content(letter.text)
    for file in letter.files:
        main, _, sub = file.type.partition("/")
        message.add_attachment(
            file.octets, maintype=main, subtype=sub, filename=file.name
        )
    return message.as_bytes()
