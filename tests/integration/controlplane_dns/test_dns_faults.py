# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every fault of dns_faults.py gets its verdict, what is found and what to do."""

import asyncio
import contextlib
import dataclasses
import time
import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dns import inspection
from exordos_mail.standards.dns import record, reverse, verdict, wanted
from tests import lab
from tests.integration.controlplane_dns import dns_faults, odd_server
from tests.integration.controlplane_dns.dns_faults import (
    DOMAIN,
    FACTS,
    REVERSE,
    RSA,
    X1,
    Fault,
)
from tests.lab import daemon as lab_daemon

#: Seconds for one check, whatever the servers do.
DEADLINE = 5.0
UNSIGNED = dataclasses.replace(
    FACTS, domain="unsigned.test", hostname="mail.operator.test", keys=(), reverse=()
)
OLD = "v=DKIM1; k=rsa; p=b2xkIGtleQ=="


@pytest.fixture(scope="module")
def net() -> tp.Iterator[lab.Internet]:
    """A signed internet with all records of the tenant."""
    cfg.CONF([], project="test")
    networks = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
    cfg.CONF.set_override("dns_private_networks", networks, group="mail")
    assert dns_options.may_ask("192.0.2.53")
    with lab.Internet() as found:
        for zone in (dns_faults.REVERSE_ZONE, dns_faults.PART):
            found.zone(zone)
        published = wanted.wanted(dataclasses.replace(FACTS, signed=True))
        for one in (*published, *reverse.records(FACTS)):
            found.set(one.name, one.type, [one.value])
        for name, kind, values in dns_faults.OTHERS:
            found.set(name, kind, values)
        found.set(dns_faults.TARGET, "TXT", [dns_faults.KEY])
        yield found


@pytest.fixture(scope="module")
def odd(net: lab.Internet) -> tp.Iterator[odd_server.OddServer]:
    """The server of `odd.test`."""
    net.set("odd.test", "NS", ["ns.odd.test."])
    net.set("ns.odd.test", "A", [odd_server.ADDRESS])
    with net.entered():
        server = odd_server.OddServer(f"v=DKIM1; k=rsa; p={RSA}")
    yield server
    server.close()


def check(
    net: lab.Internet, facts: wanted.Facts, last: inspection.Report | None = None
) -> tuple[inspection.Report, float]:
    """Check a domain; return how many seconds it took, too."""
    with net.entered():
        began = time.monotonic()
        report = asyncio.run(
            inspection.inspect(facts, [net.resolver], last, seconds=DEADLINE)
        )
        return report, time.monotonic() - began


@pytest.fixture(scope="module")
def before(net: lab.Internet) -> inspection.Report:
    """What a check found before anything was planted."""
    return check(net, FACTS)[0]


def at(report: inspection.Report, name: str, kind: str) -> verdict.Verdict:
    """Return the verdict on one record."""
    (found,) = [
        one
        for item, one in report.judged
        if (item.name, item.type) == (name, kind)
        and item.purpose in ("proof", *record.PURPOSES)
    ]
    return found


def test_all_records_are_good_before_anything_is_planted(net: lab.Internet) -> None:
    report, _ = check(net, FACTS)
    assert report.security == "secure"
    assert {
        one.name: found for one, found in report.judged if found.state != "ok"
    } == {}
    assert len(report.judged) == 16


def test_the_table_is_long_enough_and_names_each_fault_once() -> None:
    titles = [one.title for one in dns_faults.FAULTS]
    titles += [title for title, *_ in dns_faults.ODD]
    assert len(titles) == len(set(titles)) >= 60


@contextlib.contextmanager
def planted(net: lab.Internet, fault: Fault) -> tp.Iterator[None]:
    """Plant a fault and take it away again."""
    places = [(name, kind) for name, kind, _ in fault.edits]
    kept = {place: net.get(*place) for place in places}
    try:
        for name, kind, values in fault.edits:
            if kind == "CNAME":
                # Knot takes no alias beside one that the same update removes
                net.set(name, kind, [])
            net.set(name, kind, values)
        with _servers(net, fault.then):
            yield
    finally:
        # an alias has to go before what stood there comes back
        for name, kind in places:
            net.set(name, kind, [])
        for (name, kind), values in kept.items():
            net.set(name, kind, values)


def _set_date(net: lab.Internet, date: str) -> None:
    """Let the resolver believe that it is another day; 0: as the clock says."""
    option = ("val-override-date:", date)
    net.run("unbound-control", "-c", "/mnt/unbound.conf", "set_option", *option)
    net.forget()


def _silence(
    net: lab.Internet, server: lab_daemon.Daemon, stack: contextlib.ExitStack
) -> None:
    flush = ("unbound-control", "-c", "/mnt/unbound.conf", "flush_infra", "all")
    stack.callback(net.run, *flush)
    stack.callback(server.start)
    stack.callback(server.stop)
    server.pause()


@contextlib.contextmanager
def _servers(net: lab.Internet, then: str) -> tp.Iterator[None]:
    with contextlib.ExitStack() as stack:
        if then == "secondary old":
            net.set(X1, "TXT", [OLD])
            net.secondary.hold()
            stack.callback(net.synchronise)
            stack.callback(net.secondary.release)
            net.set(X1, "TXT", [FACTS.keys[0].value])
        if then == "secondary has an old PTR":
            net.set(REVERSE, "PTR", ["old.example.com."])
            net.secondary.hold()
            stack.callback(net.synchronise)
            stack.callback(net.secondary.release)
            net.set(REVERSE, "PTR", [f"{FACTS.hostname}."])
        if then in ("secondary silent", "both silent"):
            _silence(net, net.secondary, stack)
        if then == "both silent":
            _silence(net, net.primary, stack)
        if then == "secondary stopped":
            net.secondary.stop()
            stack.callback(net.secondary.start)
        if then == "forget":
            net.forget()
            stack.callback(net.forget)
        if then == "years later":
            _set_date(net, "20380101000000")
            stack.callback(_set_date, net, "0")
        if then == "forged":
            net.forge(DOMAIN)
            stack.callback(net.heal, DOMAIN)
        if then == "reverse forged":
            net.forge(dns_faults.REVERSE_ZONE)
            stack.callback(net.heal, dns_faults.REVERSE_ZONE)
        yield


@pytest.mark.parametrize("fault", dns_faults.FAULTS, ids=lambda one: one.title)
def test_a_planted_fault_has_its_verdict(
    net: lab.Internet, before: inspection.Report, fault: Fault
) -> None:
    with planted(net, fault):
        if fault.at[0].endswith("unsigned.test"):
            report, seconds = check(net, UNSIGNED)
        else:
            report, seconds = check(net, fault.facts, before)
    found = at(report, *fault.at)
    shown = "\n".join(found.found)
    assert (found.state, fault.found in shown, fault.fix in found.fix) == (
        fault.state,
        True,
        True,
    ), found
    assert bool(found.fix) is (found.state != "ok")
    assert seconds < DEADLINE + 1


@pytest.mark.parametrize(
    ("title", "behaviour", "state", "said", "fix"),
    dns_faults.ODD,
    ids=[one[0] for one in dns_faults.ODD],
)
def test_an_odd_server_has_its_verdict(
    net: lab.Internet,
    odd: odd_server.OddServer,
    title: str,
    behaviour: str,
    state: str,
    said: str,
    fix: str,
) -> None:
    odd.behaviour = behaviour
    facts = wanted.Facts("odd.test", "mail.operator.test", keys=FACTS.keys[:1])
    report, seconds = check(net, facts)
    found = at(report, "x1._domainkey.odd.test", "TXT")
    shown = "\n".join(found.found)
    assert (found.state, said in shown, fix in found.fix) == (state, True, True), found
    assert all(one.isascii() and one.isprintable() for one in (*found.found, found.fix))
    assert seconds < DEADLINE + 1
