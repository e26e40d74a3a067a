# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node's Dovecot does in a second, beside Debian's as it comes.

The two run at the same time on the same disk, and are measured in turns.
"""

import argparse
from concurrent import futures
import contextlib
import imaplib
import os
import pathlib
import shutil
import smtplib
import statistics
import subprocess
import time
import typing as tp
import uuid as sys_uuid

from bench import machine as machine_lib
from exordos_mail import constants as c
from exordos_mail.dataplane.services.dovecot import probe
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.exim import fixtures, payloads, waiting

_HERE = pathlib.Path(__file__).parent
_DISK = pathlib.Path("/srv")
_CLIENTS = 4
_LEAST = 100  # messages of each client before the first round
_NAMES = [f"user{number}" for number in range(20)]
_TEXT = b"The quick brown fox jumps over the lazy dog, %d times.\r\n"
_MESSAGE = b"From: a@elsewhere.test\r\nSubject: figures\r\n\r\n" + b"".join(
    _TEXT % number for number in range(70)
)


class Ours:
    """The node's Dovecot."""

    name, lmtp, imaps = "shipped", c.LMTP_SOCKET, c.IMAPS_PORT

    def __init__(self, names: tp.Sequence[str]) -> None:
        self.machine = fixtures.new_machine()
        self.machine.clean()
        store = _DISK / "ours"
        store.mkdir()
        pathlib.Path(c.MAIL_STORE_DIR).mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["/usr/bin/mount", "--bind", store, c.MAIL_STORE_DIR], check=True
        )
        accounts = {name: boxes_lib.account(name) for name in names}
        self.machine.apply(boxes_lib.payload(accounts))
        waiting.until(boxes_lib.is_up, "Dovecot answers")

    def close(self) -> None:
        """Stop."""
        self.machine.stop()


class Stock:
    """Debian's."""

    name, lmtp, imaps = "stock", "/run/stock/lmtp", 10993

    def __init__(self, names: tp.Sequence[str]) -> None:
        rows = "".join(map(self._row, names))
        pathlib.Path("/run/stock.passwd").write_text(rows)
        key = ("-keyout", "/run/stock.key", "-out", "/run/stock.pem", "-nodes")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        command = [
            "/usr/bin/openssl",
            "req",
            "-x509",
            *curve,
            *key,
            "-subj",
            "/CN=stock",
        ]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        dovecot = ["/usr/sbin/dovecot", "-F", "-c", str(_HERE / "stock.conf")]
        self._process = subprocess.Popen(dovecot)
        waiting.until(pathlib.Path(self.lmtp).exists, "the stock Dovecot is there")

    @staticmethod
    def _row(name: str) -> str:
        """Return the account of a name, whose home is made."""
        home = _DISK / "stock" / name
        home.mkdir(parents=True)
        shutil.chown(home, c.MAILBOX_USER, c.MAILBOX_USER)
        owner = home.stat()
        secret = "{CRYPT}" + payloads.hashed(payloads.PASSWORD)
        return f"{name}@example.com:{secret}:{owner.st_uid}:{owner.st_gid}::{home}::\n"

    def close(self) -> None:
        """Stop."""
        self._process.terminate()
        self._process.wait()


def _deliver(server: tp.Any, client: int, end: float, least: int = 0) -> int:
    """Deliver until then, one message after the other; return how many.

    `least`: how many at the least.
    """
    count = 0
    with contextlib.closing(smtplib.LMTP(server.lmtp, timeout=60)) as lmtp:
        lmtp.ehlo("bench")
        while count < least or time.monotonic() < end:
            name = _NAMES[(client + count * _CLIENTS) % len(_NAMES)]
            head = f"{c.DELIVERY_HEADER}: {sys_uuid.uuid4()} first {int(time.time())}"
            lmtp.mail("a@elsewhere.test")
            lmtp.rcpt(f"{name}@example.com")
            code, text = lmtp.data(head.encode() + b"\r\n" + _MESSAGE)
            if code != 250:
                raise SystemExit(f"{server.name} refuses a message: {text!r}")
            count += 1
    return count


@contextlib.contextmanager
def _session(server: tp.Any, name: str) -> tp.Iterator[imaplib.IMAP4_SSL]:
    context = probe.tls_context()
    imap = imaplib.IMAP4_SSL("127.0.0.1", server.imaps, ssl_context=context)
    try:
        imap.login(f"{name}@example.com", payloads.PASSWORD)
        yield imap
    finally:
        imap.logout()


def _read(server: tp.Any, client: int, end: float) -> int:
    """Do what a mail program does until then; return how many commands."""
    count = 0
    with _session(server, _NAMES[client]) as imap:
        last = int(imap.select("INBOX")[1][0] or b"0")
        while time.monotonic() < end:
            one = str(1 + count // 6 % min(last, 50))
            imap.select("INBOX")
            imap.fetch(f"1:{min(last, 20)}", "(UID FLAGS ENVELOPE RFC822.SIZE)")
            imap.fetch(one, "(BODY.PEEK[])")
            imap.store(one, "+FLAGS", r"(\Flagged)")
            imap.search(None, "FLAGGED")
            imap.noop()
            count += 6
    return count


def _rate(work: tp.Callable[..., int], server: tp.Any, seconds: float) -> float:
    """Return how much of something a server does in a second."""
    start = time.monotonic()
    with futures.ThreadPoolExecutor(_CLIENTS) as pool:
        jobs = [
            pool.submit(work, server, client, start + seconds)
            for client in range(_CLIENTS)
        ]
        done = sum(job.result() for job in jobs)
    return done / (time.monotonic() - start)


def _first_login(server: tp.Any, number: int) -> float:
    """Return the milliseconds from connecting to an inbox that nobody has opened."""
    start = time.monotonic()
    with _session(server, f"new{number}") as imap:
        imap.select("INBOX")
        return (time.monotonic() - start) * 1000


def _show(what: str, found: dict[str, list[float]], unit: str) -> None:
    """Print medians, and the median of the ratios of rounds."""
    pairs = list(zip(found["shipped"], found["stock"], strict=True))
    ratio = statistics.median(ours / stock for ours, stock in pairs)
    told = ", ".join(
        f"{name} {statistics.median(values):.1f}" for name, values in found.items()
    )
    spread = [round(ours / stock, 2) for ours, stock in pairs]
    print(f"{what}: {told} {unit}; ratio {ratio:.2f} (rounds {spread})", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5)
    told = parser.parse_args()
    print(machine_lib.facts())
    names = [*_NAMES, *(f"new{number}" for number in range(told.rounds))]
    with (
        contextlib.closing(Ours(names)) as ours,
        contextlib.closing(Stock(names)) as stock,
    ):
        for server in (ours, stock):
            for client in range(_CLIENTS):
                _deliver(server, client, 0, _LEAST)
        for what, work, unit in (
            ("LMTP deliveries", _deliver, "a second"),
            ("IMAP commands", _read, "a second"),
        ):
            found: dict[str, list[float]] = {"shipped": [], "stock": []}
            for number in range(told.rounds):
                servers = (ours, stock) if number % 2 else (stock, ours)
                for server in servers:
                    found[server.name].append(_rate(work, server, told.seconds))
            _show(what, found, unit)
        logins: dict[str, list[float]] = {"shipped": [], "stock": []}
        for number in range(told.rounds):
            for server in (ours, stock):
                logins[server.name].append(_first_login(server, number))
        _show("first login", logins, "ms")
    print("load at the end:", os.getloadavg())
