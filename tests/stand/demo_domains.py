# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The demo of domains: from POST to what programs of others say of the domain.

Runs where a client stands. Each claim ends as a line `PASS …` or `FAIL …`; the exit
status is 1 if one of them fails.
"""

import concurrent.futures
import functools
import os
import pathlib
import re
import sys
import time
import typing as tp
import urllib.request

from tests.stand import acme, judges, settings, thunderbird
from tests.stand import claims as claims_lib
from tests.stand import demo_client as client
from tests.stand.demo_story import DOMAIN, STRICT, Story

RESOLVER = os.environ["EXORDOS_STAND_RESOLVER"]


def _ports(claims: claims_lib.Claims, story: Story, ports: tuple[int, ...]) -> None:
    """Have ports judged, one after the other: exim takes few connections of a host."""
    for port in ports:
        target, starttls = f"{story.host}:{port}", port in (25, 587)
        for name, judge in (
            ("sslyze", lambda *what: judges.sslyze(story.ca, *what)),
            ("testssl.sh", lambda *what: judges.testssl(story.files, *what)),
        ):
            claims.judge(
                f"{name}: {target}", functools.partial(judge, target, starttls)
            )


def _thunderbird(claims: claims_lib.Claims, story: Story) -> None:
    """Have Thunderbird set itself up, and say what works of it."""
    said: dict[str, tp.Any] = {}

    def sends() -> str:
        said.update(thunderbird.ask(story.files, story.address, story.password))
        wrong = [said[name] for name in ("found", "sends", "refuses") if said[name]]
        return "; ".join(wrong)

    claims.judge(
        "Thunderbird, given an address: fetches our settings and logs in to send at"
        " each port that they name; a wrong password is refused (its reader is given a"
        " stand-in for the IMAP server that is not there yet)",
        sends,
    )
    claims.judge(
        "Thunderbird's own ConfigVerifier sets itself up from address and password, to"
        " read as well (IMAP: not there before mailboxes are)",
        lambda: str(said.get("set_up", "it was not asked")),
    )


def _authority() -> str:
    """Return the certificate (PEM) of the authority's root: made at each start."""
    url = f"https://{settings.ACME_IP}:{acme.MANAGEMENT}/roots/0"
    # It is fetched to be trusted: there is nothing yet to judge it by.
    with urllib.request.urlopen(url, timeout=30, context=client.trust()) as answer:
        return str(answer.read().decode())


def _state() -> pathlib.Path:
    """Return the directory of the stand."""
    return pathlib.Path(os.environ["EXORDOS_STAND_STATE"], os.environ["EXORDOS_STAND"])


def _write_anchor(files: pathlib.Path) -> None:
    """Write the root's key as delv reads it."""
    text = (_state() / "internet/dns/upper/stand/trust-anchor").read_text()
    for line in text.splitlines():
        found = re.search(r"DNSKEY\s+(\d+ \d+ \d+) (.+)$", line)
        if found:
            key = f'. static-key {found[1]} "{found[2]}";'
            (files / "bind.keys").write_text(f"trust-anchors {{ {key} }};\n")


def _begin(story: Story) -> None:
    """Bring up what is judged: an instance that was there before, and a new domain."""
    judges.prepare(story.files)
    _write_anchor(story.files)
    authority = _authority()
    (story.files / "authority.pem").write_text(authority)
    others = _state() / "internet/authority/crt"
    story.ca.write_text(authority + others.read_text())
    story.clean()
    begin = time.monotonic()
    story.start()
    client.say(f"instance {story.host} is ACTIVE ({time.monotonic() - begin:.1f} s)")
    story.add()
    client.say(f"POST domain {DOMAIN}, proof published by hand")


def _records(claims: claims_lib.Claims, story: Story) -> None:
    """Have what the DNS and the web say judged."""
    judge = claims.judge
    judge("the records of a new domain are published in 60 s", story.published)
    judge(
        "pebble (20 % bad nonces) has issued both certificates, the host's by itself",
        story.trusted,
    )
    judge("every record of both domains is ok in 60 s", story.all_ok)
    for kind in ("MX", "TXT"):
        judge(
            f"delv: {DOMAIN} {kind} fully validated",
            functools.partial(judges.delv, story.files, DOMAIN, kind),
        )
    judge(
        "checkdmarc without errors and warnings (BIMI aside: nobody publishes it)",
        lambda: judges.checkdmarc(story.ca, DOMAIN, RESOLVER),
    )
    judge("posttls-finger: Verified by DANE", story.verified)
    judge("mta-sts-query: VALID, enforce", story.mta_sts)
    took = time.monotonic() - story.posted
    judge(
        f"from POST to all records and certificates, judged: {took:.1f} s of 60",
        lambda: story.in_time(took),
    )
    judge("posttls-finger: refused after a planted TLSA", story.refused)


def main() -> int:
    """Be the customer; return how many claims failed, at most 1."""
    story, claims = Story(), claims_lib.Claims()
    _begin(story)
    _records(claims, story)
    judge = claims.judge
    judge(f"{STRICT} is strict: DANE, MTA-STS enforce, p=reject", story.is_strict)
    judge("a strict host takes our mail: DKIM, SPF and DMARC pass", story.taken)
    judge("our node has verified the strict host by DANE (CV=dane)", story.by_dane)
    judge("the strict host refuses a forged one", story.forged)
    _thunderbird(claims, story)
    # They take a minute each, most of it waiting.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        lanes = ((443,), (465, 25, 587))
        list(pool.map(lambda ports: _ports(claims, story, ports), lanes))
    claims.tell()
    return 1 if claims.failed else 0


if __name__ == "__main__":
    sys.exit(main())
