# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stand's remote exim as a sender of mail, and what its own log says of it."""

import dataclasses
import os
import re
import subprocess
import time
import typing as tp

from tests.stand import demo_client as client
from tests.stand import progress, settings

HOST = settings.MAIL_HOSTS[0]
_MAINLOG = "/var/log/exim4/mainlog"
#: Runners of its queue side by side when there is much to send.
_RUNNERS = 4


@dataclasses.dataclass(frozen=True)
class Letter:
    """A message and where it goes."""

    to: str
    octets: bytes


def run(*argv: str, given: bytes = b"", check: bool = True) -> str:
    """Run a command at the host; return what it prints."""
    command = [client.STANDCTL, "remote", HOST.hostname, "--", *argv]
    done = subprocess.run(command, input=given, capture_output=True)
    if check and done.returncode:
        raise RuntimeError(f"{argv}: {done.stderr.decode()[-300:]}")
    return done.stdout.decode(errors="replace")


def address(name: str) -> str:
    """Return an address of the host's."""
    return f"{name}@{HOST.domain}"


def send(sender: str, letters: tp.Iterable[Letter], queue: bool = False) -> None:
    """Have the host send messages.

    Args:
        sender: the envelope's.
        letters: each goes as a message of its own.
        queue: True leaves them in the host's queue; see `run_queue`.
    """
    parts = []
    for one in letters:
        text = one.octets.replace(b"\r\n", b"\n").replace(b"\n.", b"\n..")
        head = f"MAIL FROM:<{sender}>\nRCPT TO:<{one.to}>\nDATA\n".encode()
        parts.append(head + text.rstrip(b"\n") + b"\n.\n")
    mode = "-odq" if queue else "-odb"
    run("exim4", mode, "-bS", given=b"".join(parts) + b"QUIT\n")


def run_queue() -> None:
    """Have the host attempt all that is in its queue, some at a time; wait for it."""
    argv = [client.STANDCTL, "remote", HOST.hostname, "--", "exim4", "-q"]
    for process in [subprocess.Popen(argv) for _ in range(_RUNNERS)]:
        process.wait()


def retry(recipient: str) -> None:
    """Have the host attempt what waits for an address, whenever that would be due."""
    run("exim4", "-Rf", recipient)


def forget(sender: str) -> None:
    """Remove what a sender has in the host's queue; of that, some ends meanwhile."""

    def is_gone() -> bool:
        remove = 'exiqgrep -i -f "$1" | xargs -r exim4 -Mrm || :'
        run("sh", "-c", remove, "sh", sender)
        return not run("exiqgrep", "-i", "-f", sender).strip()

    progress.until(is_gone, 60, f"nothing of {sender} is in the host's queue")


def waits(domain: str) -> bool:
    """Say whether something for a domain is in the host's queue."""
    return bool(run("exiqgrep", "-i", "-r", f"@{domain}").strip())


def log(*words: str) -> list[str]:
    """Return the lines of the host's main log that have all words."""
    lines = run("grep", "-F", words[0], _MAINLOG, check=False).splitlines()
    return [line for line in lines if all(word in line for word in words)]


def said_of(recipient: str, count: int = 1, seconds: float = 60) -> list[str]:
    """Return how the sending of messages to an address ended, or stands.

    Waits for `count` of them: lines with `=>` (sent), `**` (refused), `==` (put off).
    """
    end = time.monotonic() + seconds
    pattern = re.compile(rf" (?:=>|->|\*\*|==) {re.escape(recipient)} ")
    while True:
        found = [one for one in log(recipient) if pattern.search(one)]
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.2)


def bounces_of(hostname: str) -> list[str]:
    """Return the lines of bounces (from <>) that came in, and were made by a host.

    Who makes one gives it its Message-ID. Those of others may come from there as well:
    what a host here sends back to an address that was rewritten (SRS) is handed on.
    """
    return [one for one in log(" <= <> H=") if re.search(rf" id=\S+@{hostname} ", one)]


def received(host: str, recipient: str) -> str:
    """Return the message (JSON) that a host of the fake internet has got."""
    argv = [client.STANDCTL, "mail", os.environ[f"EXORDOS_STAND_{host}"]]
    done = subprocess.run(
        [*argv, "--to", recipient, "--wait", "30"], capture_output=True, text=True
    )
    return done.stdout
