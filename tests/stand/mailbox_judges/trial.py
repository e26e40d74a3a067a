# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m tests.stand.mailbox_judges.trial`: the judges are judged.

Each of them meets a stock Dovecot, with the right settings and with wrong ones: who
does not notice a wrong password or a missing message would praise anybody. Prints a
line `PASS …` or `FAIL …` for each; the exit status is 1 if one fails.
"""

import concurrent.futures
import functools
import os
import pathlib
import sys
import typing as tp

from tests.stand import claims as claims_lib
from tests.stand.mailbox_judges import (
    letters,
    library,
    place,
    readers,
    sieve_connect,
    stock,
)

#: A script that files by subject, and one that is none.
GOOD = """\
require ["fileinto", "mailbox"];
if header :contains "subject" "{word}" {{ fileinto :create "{folder}"; }}
"""
BAD = 'require "nonsense"; bad('
REFUSALS: dict[str, dict[str, tp.Any]] = {
    place.LOGIN: {"password": "wrong"},
    place.CERTIFICATE: {"ca": "other.pem"},
    place.CLEAR: {"tls": False},
}


def _client(server: stock.Stock, name: str, read: readers.Read) -> str:
    """Have a client refused for each reason."""
    for kind, changed in REFUSALS.items():
        job = server.place.job(f"{readers.slug(name)}-{readers.slug(kind)}")
        reading = read(job, server.box("reader", **changed))
        if wrong := readers.not_refused(reading, kind):
            return f"{kind}: {wrong}"
    return ""


def _reader(server: stock.Stock, ids: list[str], name: str, read: readers.Read) -> str:
    """Have a program read, and miss what is not there."""
    reading = read(server.place.job(readers.slug(name)), server.box("reader"))
    if wrong := readers.differs(reading, ids):
        return f"{wrong}: {reading.said[-300:]}"
    for other in ([*ids, letters.new_id("missing")], ids[1:], [*ids, ids[0]]):
        if not readers.differs(reading, other):
            return "it does not tell which messages it has got"
    return ""


def _filer(server: stock.Stock, name: str, file: readers.File) -> str:
    """Have a program move one of two messages, as another one sees it."""
    user = readers.slug(name).lower()
    ids = [letters.new_id(user) for _ in range(2)]
    server.deliver(user, *ids)
    job, box = server.place.job(f"{user}-file"), server.box(user)
    readers.READERS[name](job, box)
    said = file(job, box, ids[0], "Filed")
    witness = library.IMAPLIB.read
    for folder, wanted in (("INBOX", ids[1:]), ("Filed", ids[:1])):
        seen = witness(server.place.job(f"{user}-witness"), box, folder)
        if wrong := readers.differs(seen, wanted):
            return f"{folder}: {wrong}: {said.said[-300:]}"
    return ""


def _copier(server: stock.Stock, name: str, module: tp.Any) -> str:
    """Have a program copy what is new, and nothing twice."""
    user = f"{name}-twice"
    job, box = server.place.job(user), server.box(user)
    for new in (3, 0, 1):
        server.deliver(user, *(letters.new_id(user) for _ in range(new)))
        found = module.transfers(module.read(job, box))
        if found != new:
            return f"{found} messages went over the line instead of {new}"
    return ""


def _sieve(server: stock.Stock) -> str:
    """Have a script file a message, and a bad script refused."""
    job, box = server.place.job("sieve"), server.box("sieve")
    good = GOOD.format(word="report", folder="Reports")
    if wrong := sieve_connect.put(job, box, "good", good).refusal:
        return wrong
    if "parse failed" not in sieve_connect.put(job, box, "bad", BAD).said:
        return "it has put a bad script"
    ids = [letters.new_id("sieve") for _ in range(2)]
    server.deliver("sieve", ids[0], subject="a report")
    server.deliver("sieve", ids[1])
    witness = library.IMAPLIB.read
    for folder, wanted in (("INBOX", ids[1:]), ("Reports", ids[:1])):
        if wrong := readers.differs(witness(job, box, folder), wanted):
            return f"{folder}: {wrong}"
    return ""


def judge(claims: claims_lib.Claims, root: pathlib.Path) -> None:
    """Judge all judges, some at a time: most of it is waiting."""
    ids = [letters.new_id("reader") for _ in range(3)]
    with stock.running(root) as server:
        server.deliver("reader", *ids)
        tests: dict[str, tp.Callable[[], str]] = {}
        for name, read in readers.READERS.items():
            text = f"{name} reads what is there, and misses what is not"
            tests[text] = functools.partial(_reader, server, ids, name, read)
        for name, read in readers.CLIENTS.items():
            text = f"{name} is refused: wrong password, unknown authority, clear text"
            tests[text] = functools.partial(_client, server, name, read)
        for name, file in readers.FILERS.items():
            tests[f"{name} files"] = functools.partial(_filer, server, name, file)
        for name, module in readers.COPIERS.items():
            text = f"{name} copies nothing twice"
            tests[text] = functools.partial(_copier, server, name, module)
        tests["sieve-connect puts a script, and no bad one"] = functools.partial(
            _sieve, server
        )
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(
                pool.map(
                    lambda one: claims.judge(f"trial: {one[0]}", one[1]), tests.items()
                )
            )


def main() -> int:
    """Print what was found; return 1 if a judge is no judge."""
    claims = claims_lib.Claims()
    judge(claims, pathlib.Path(os.environ["EXORDOS_MAILBOXES_ROOT"]))
    return 1 if claims.failed else 0


if __name__ == "__main__":
    sys.exit(main())
