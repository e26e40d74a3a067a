# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mail node that does what it is told, line by line; see node.py, which tells it.

Each line of the standard input is JSON, `[method, arguments]` of `Inside`; the answer
is a line, `[result, error]`. Run in a node's root file system (node.sh).
"""

import json
import signal
import sqlite3
import subprocess
import sys
import traceback
import typing as tp

from exordos_mail.dataplane.engine import door, health
from exordos_mail.dataplane.services.mta_sts import paths as mta_sts_paths
from exordos_mail.dataplane.services.resolver import ask
from tests.integration.exim import fixtures, payloads, waiting

_MESSAGE = "From: alice@example.com\r\nSubject: s\r\n\r\nx\r\n"


class Inside:
    """The methods that the outside may call."""

    def __init__(self) -> None:
        health.PERIOD, health.AGAIN, door.SECONDS = 1.0, 0.3, 2.0
        self._machine = fixtures.new_machine()
        self._machine.clean()

    def apply(self, changes: dict[str, tp.Any]) -> list[str]:
        """Bring the node to a payload; return status and reason."""
        report = self._machine.node.converge(payloads.payload(**changes))
        return [report.status, report.reason]

    def observe(self) -> list[str]:
        """Return status and reason of one pass of the agent, which repairs nothing."""
        self._machine.node.pull()
        report = self._machine.node.observe()
        return [report.status, report.reason]

    def finds(self, name: str, state: str) -> str:
        """Wait until all doors of a service are in a state; return the first reason."""

        def found() -> list[str]:
            self._machine.node.pull()
            told = self._machine.node.observe().health or {"services": []}
            doors = [one for one in told["services"] if one["service"] == name]
            is_so = {one["state"] for one in doors} == {state}
            return [one["reason"] for one in doors] if is_so else []

        return waiting.until(found, f"{name} is {state}", 30)[0]

    def submit(self, *recipients: str) -> str:
        """Submit a message; return its id in exim's queue."""
        with fixtures.alice() as smtp:
            # exim asks for the recipient's domain first, twice if nobody answers.
            assert smtp.sock is not None
            smtp.sock.settimeout(30)
            smtp.mail(payloads.ALICE)
            for recipient in recipients:
                code, text = smtp.rcpt(recipient)
                assert code == 250, text
            code, text = smtp.data(_MESSAGE)
        assert code == 250, text
        return text.decode().rpartition("id=")[2].strip()

    def log(self) -> str:
        """Return exim's main log."""
        return self._machine.log()

    def faults(self) -> str:
        """Return what exim takes for faults of its configuration."""
        path = fixtures.MAINLOG.with_name("paniclog")
        return path.read_text() if path.exists() else ""

    def retry(self, message: str) -> None:
        """Try to deliver a message now, whatever was noted of its hosts."""
        self._machine.supervisor.run("-M", message)

    def retry_by_hand(self, message: str) -> None:
        """Do it as somebody does who knows nothing of the unit."""
        self._machine.supervisor.run_by_hand("-M", message)

    def queue(self) -> str:
        """Return what exim has in its queue."""
        return self._machine.supervisor.run("-bp")

    def freeze(self, service: str) -> None:
        """Have a service stand still."""
        self._machine.units[service].freeze()

    def thaw(self, service: str) -> None:
        """Have it go on."""
        self._machine.units[service].freeze(signal.SIGCONT)

    def kill(self, service: str) -> None:
        """End a service as the kernel does; nobody starts it again."""
        self._machine.units[service].kill()

    def forget(self) -> None:
        """Have the resolver forget all that it knows."""
        self._machine.resolver.restart()
        waiting.until(lambda: ask.proves_root(), "the resolver proves the root")

    def unit_log(self, service: str) -> str:
        """Return what a service has said."""
        return str(self._machine.units[service].log())

    def renew(self, service: str) -> None:
        """Start a service anew, and let the agent find out that it serves."""
        self._machine.units[service].restart()
        waiting.until(lambda: self.observe()[0] == "ACTIVE", "all serve")

    def trust(self, authority: str) -> None:
        """Have the node trust a certification authority, given as PEM."""
        self.write("/usr/local/share/ca-certificates/lab.crt", authority)
        subprocess.run(["update-ca-certificates"], check=True, stdout=sys.stderr)
        # It reads them when it starts.
        self._machine.supervisor.restart()

    def age(self, domain: str, seconds: int) -> None:
        """Have a policy that is known be older."""
        change = "UPDATE sts_policy_cache SET ts = ts - ? WHERE domain = ?"
        with sqlite3.connect(mta_sts_paths.CACHE) as cache:
            assert cache.execute(change, (seconds, domain)).rowcount == 1

    def orders(self, service: str) -> list[str]:
        """Return the verbs that a service was given."""
        return list(self._machine.units[service].orders)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        with open(path, "w") as stream:
            stream.write(text)

    def stop(self) -> None:
        """End all services."""
        self._machine.stop()


def main() -> None:
    inside, answers = Inside(), sys.stdout
    # What tests print is for people.
    sys.stdout = sys.stderr
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            answer = [getattr(inside, method)(*arguments), None]
        except Exception:
            answer = [None, traceback.format_exc()]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
