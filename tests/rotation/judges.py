# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Three that verify DKIM signatures (RFC 6376): dkimpy, mailauth, rspamd.

Each asks the stand's resolver, which caches nothing, and says of a message which of its
signatures hold: `{selector: "pass" or why not}`.
"""

import contextlib
import email
import json
import os
import pathlib
import subprocess
import threading
import typing as tp

import dkim
import dns.resolver
import requests

from tests.functional import waiting
from tests.stand import dkim_judges, node_packages, settings

Findings = dict[str, str]
PASS = "pass"
_PORT = 11333  # of rspamd, in the clients' network
# As it would be anywhere else: no client of ours.
_CLIENT = "198.51.100.9"

# Nothing that rspamd writes outlives it, nor does it outlive this process.
_ENTER = """
mount --bind "$2" "$1/mnt"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs tmpfs "$1/run"
exec chroot "$1" env -i PATH=/usr/bin:/bin \
    rspamd -f -i -u _rspamd -g _rspamd -c /mnt/rspamd.conf
"""


class Judge(tp.Protocol):
    """Verifies the signatures of messages."""

    name: str

    def judge(self, path: pathlib.Path) -> Findings:
        """Return what is found of a message, by the selector of each signature."""


class DKIMPy:
    """dkimpy, in this process."""

    name = "dkimpy"

    def __init__(self, resolver: str) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [resolver]

    def judge(self, path: pathlib.Path) -> Findings:
        """Return what is found of a message."""
        octets = path.read_bytes()
        message = email.message_from_bytes(octets)
        count = len(message.get_all("DKIM-Signature", []))
        found = {}
        for number in range(count):
            one = dkim.DKIM(octets)
            try:
                said = PASS if one.verify(number, self._text) else "fail"
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            found[(one.selector or b"?").decode()] = said
        return found

    def _text(self, name: bytes, timeout: float = 5) -> bytes | None:
        with contextlib.suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            for one in self._resolver.resolve(name.decode(), "TXT", lifetime=timeout):
                return b"".join(one.strings)
        return None


class Mailauth:
    """mailauth, in a node that is told paths."""

    name = "mailauth"

    def __init__(self, root: pathlib.Path, resolver: str) -> None:
        home = root / dkim_judges.PLACE.lstrip("/")
        program = dkim_judges.PROGRAMS / "mailauth.mjs"
        self._process = subprocess.Popen(
            [str(home / node_packages.NODE), str(program), resolver],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "JUDGES": str(home)},
        )

    def judge(self, path: pathlib.Path) -> Findings:
        """Return what is found of a message."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        return Findings(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        with self._process:
            self._process.kill()


class Rspamd:
    """rspamd, a daemon that is asked by HTTP."""

    name = "rspamd"

    def __init__(self, root: pathlib.Path, files: pathlib.Path, resolver: str) -> None:
        text = (dkim_judges.PROGRAMS / "rspamd.conf").read_text()
        values = {"RESOLVER_IP": resolver}
        (files / "rspamd.conf").write_text(settings.render(text, values))
        (files / "suffixes").write_text("test\n")
        files.chmod(0o755)
        space = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
        enter = ("--propagation", "private", "bash", "-ec", _ENTER, "bash")
        with (files / "rspamd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*space, *enter, str(root), str(files)], stdout=log, stderr=log
            )
        self._http = requests.Session()

    def begin(self) -> None:
        """Wait until it answers."""
        waiting.until("rspamd answers", self._answers)

    def judge(self, path: pathlib.Path) -> Findings:
        """Return what is found of a message."""
        answer = self._http.post(
            f"http://127.0.0.1:{_PORT}/checkv2",
            data=path.read_bytes(),
            headers={"IP": _CLIENT},
            timeout=30,
        )
        answer.raise_for_status()
        found = {}
        for name, symbol in answer.json()["symbols"].items():
            if name.startswith("R_DKIM_"):
                said = PASS if name == "R_DKIM_ALLOW" else name
                for option in symbol.get("options", []):
                    # <domain>:s=<selector>
                    found[option.partition(":s=")[2]] = said
        return found

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        assert self._process.poll() is None, "rspamd has ended: see rspamd.log"
        with contextlib.suppress(requests.ConnectionError):
            return self._http.get(f"http://127.0.0.1:{_PORT}/ping", timeout=5).ok
        return False


class Bench:
    """All judges, one message at a time; any thread may ask."""

    def __init__(self, root: pathlib.Path, files: pathlib.Path, resolver: str) -> None:
        self._one = threading.Lock()
        with contextlib.ExitStack() as programs:
            mailauth = Mailauth(root, resolver)
            programs.callback(mailauth.close)
            rspamd = Rspamd(root, files, resolver)
            programs.callback(rspamd.close)
            rspamd.begin()
            self.close = programs.pop_all().close
        self._judges: tuple[Judge, ...] = (DKIMPy(resolver), mailauth, rspamd)

    def judge(self, path: pathlib.Path) -> dict[str, Findings]:
        """Return what each judge finds of a message, by the judge's name."""
        with self._one:
            return {one.name: one.judge(path) for one in self._judges}
