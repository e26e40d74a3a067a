# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates of the platform on a node, by name; no worse one takes their place."""

import functools
import http.client
import os
import pathlib
import ssl
import subprocess
import threading
import typing as tp

import pytest

from exordos_mail.dataplane.engine import tls_pairs
from exordos_mail.dataplane.services.web import paths as paths_lib
from tests import authority
from tests.integration.exim import certificates as c
from tests.integration.exim import fixtures, payloads, waiting

_HOST = payloads.DOMAIN
_PORTS = (c.SUBMISSIONS, c.HTTPS)


def _settle(machine: fixtures.Machine, value: dict[str, tp.Any]) -> tp.Any:
    """Bring the machine to a payload in as many passes as the web server needs."""

    def done() -> tp.Any:
        report = machine.node.converge(value)
        return report if (report.status, report.reason) == ("ACTIVE", "") else None

    return waiting.until(done, "settled", 30)


def _self_made(machine: fixtures.Machine) -> int:
    pem = pathlib.Path(machine.layout.certificate).read_text()
    return c.serial(authority.Leaf(pem, ""))


def test_each_name_has_its_certificate_and_the_own_name_is_for_the_rest(machine):
    own, other = c.leaf(_HOST), c.leaf("mta-sts.example.org", "www.example.org")
    report = _settle(machine, c.payload((_HOST, own), ("mta-sts.example.org", other)))
    for port in _PORTS:
        for name in (_HOST, "unknown.example.net", None):
            assert c.shown(name, port) == c.serial(own), (port, name)
        for name in ("mta-sts.example.org", "www.example.org"):
            assert c.shown(name, port) == c.serial(other), (port, name)
        c.handshake(_HOST, port, c.trusting())
        c.handshake("www.example.org", port, c.trusting())
    first = report.certificates[0]
    assert c.serial(authority.Leaf(first, "")) == c.serial(own)


def test_name_is_asked_for_in_any_case(machine):
    other = c.leaf("mta-sts.example.org")
    _settle(machine, c.payload(("mta-sts.example.org", other)))
    assert c.shown("MTA-STS.example.org") == c.serial(other)


@pytest.mark.parametrize(
    "name", ["${run{x}}", "*", "a'b", "../../etc/passwd", "x" * 253, "-", "[::1]"]
)
def test_hostile_names_get_the_usual_certificate_or_none(machine, name):
    own = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, own)))
    command = ["openssl", "s_client", "-connect", "127.0.0.1:465", "-servername", name]
    done = subprocess.run(
        command, input=b"QUIT\r\n", capture_output=True, timeout=20, check=False
    )
    text = done.stdout.decode(errors="replace")
    if "-----BEGIN CERTIFICATE-----" in text:
        begin = text.index("-----BEGIN CERTIFICATE-----")
        found = authority.Leaf(text[begin : text.index("-----END", begin)] + _END, "")
        assert c.serial(found) == c.serial(own)
    else:
        # GnuTLS itself refuses what is no name (RFC 6066 section 3).
        assert "alert" in done.stderr.decode(errors="replace")
    assert c.shown(_HOST) == c.serial(own)


_END = "-----END CERTIFICATE-----\n"


def test_self_made_one_is_shown_until_there_is_another_and_after_it_is_gone(machine):
    machine.apply(payloads.payload())
    made = _self_made(machine)
    assert c.shown(_HOST) == made
    own = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, own), generation=2))
    assert c.shown(_HOST) == c.serial(own)
    _settle(machine, payloads.payload(generation=3, more={"certificates": {}}))
    assert c.shown(_HOST) == made


def test_new_pair_is_taken_without_a_restart(machine):
    _settle(machine, c.payload((_HOST, c.leaf(_HOST))))
    daemon, nginx = machine.daemon(), machine.web.pid
    second = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, second), generation=2))
    assert [c.shown(_HOST, port) for port in _PORTS] == [c.serial(second)] * 2
    assert machine.daemon() == daemon
    assert machine.web.pid == nginx


_BAD: dict[str, tp.Callable[[], authority.Leaf]] = {
    "another name": lambda: c.leaf("mail.example.net"),
    "expired": lambda: c.leaf(_HOST, begin=c.NOW - 9 * c.DAY, end=c.NOW - c.DAY),
    "not yet valid": lambda: c.leaf(_HOST, begin=c.NOW + c.DAY),
    "key mismatch": lambda: authority.Leaf(c.leaf(_HOST).chain, c.leaf(_HOST).key),
    "wrong chain": lambda: _with_foreign_chain(c.leaf(_HOST)),
    "no PEM": lambda: authority.Leaf("x", "y"),
    "a line of configuration": lambda: authority.Leaf("}\nuser root;\n", "${run{id}}"),
}


def _with_foreign_chain(leaf: authority.Leaf) -> authority.Leaf:
    begin, end, _ = leaf.chain.partition("-----END CERTIFICATE-----\n")
    foreign = authority.signer(begin=c.NOW - c.DAY, end=c.NOW + c.DAY)
    return authority.Leaf(begin + end + foreign.pem, leaf.key)


@pytest.mark.parametrize("name", _BAD)
def test_bad_replacement_never_displaces_a_working_one(machine, name):
    good = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, good)))
    _settle(machine, c.payload((_HOST, _BAD[name]()), generation=2))
    assert [c.shown(_HOST, port) for port in _PORTS] == [c.serial(good)] * 2
    # An agent that starts anew finds what was shown, and goes on with it.
    machine.fresh_node()
    _settle(machine, c.payload((_HOST, _BAD[name]()), generation=3))
    assert [c.shown(_HOST, port) for port in _PORTS] == [c.serial(good)] * 2
    better = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, better), generation=4))
    assert c.shown(_HOST) == c.serial(better)


def test_without_any_good_one_the_self_made_one_is_shown(machine):
    _settle(machine, c.payload((_HOST, _BAD["expired"]())))
    assert [c.shown(_HOST, port) for port in _PORTS] == [_self_made(machine)] * 2


def test_pair_that_was_lost_or_damaged_is_put_back(machine):
    good = c.leaf(_HOST)
    value = c.payload((_HOST, good))
    _settle(machine, value)
    (file,) = pathlib.Path(machine.layout.tls_dir).glob(f"{c.uuid(0)}-*.pem")
    assert f"{file.stat().st_mode & 0o7777:o} {file.owner()}:{file.group()}" == (
        "640 root:Debian-exim"
    )
    for spoil in (file.unlink, lambda: file.write_text("x"), lambda: file.chmod(0o000)):
        spoil()
        _settle(machine, payloads.without_bulk(value))
        assert c.shown(_HOST) == c.serial(good)
        assert file.stat().st_mode & 0o7777 == 0o640


def test_former_pair_stays_for_a_while_and_then_goes(machine, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(tls_pairs, "_monotonic", lambda: clock[0])
    tls = pathlib.Path(machine.layout.tls_dir)
    _settle(machine, c.payload((_HOST, c.leaf(_HOST))))
    (first,) = tls.glob(f"{c.uuid(0)}-*.pem")
    value = c.payload((_HOST, c.leaf(_HOST)), generation=2)
    _settle(machine, value)
    assert len(list(tls.glob(f"{c.uuid(0)}-*.pem"))) == 2
    assert first.exists()
    clock[0] += tls_pairs.LINGER + 1
    _settle(machine, payloads.without_bulk(value))
    assert not first.exists()


def test_challenge_is_answered_on_port_80_for_any_host_and_goes(machine):
    token, said = "Abc_-1" * 5, "Abc_-1.thumb_-print"
    _settle(machine, c.payload(tokens={token: said}))

    def answer(path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
        connection.request("GET", path, headers={"Host": "never-seen.example.net"})
        response = connection.getresponse()
        return response.status, response.read().decode()

    path = f"/.well-known/acme-challenge/{token}"
    nginx = machine.web.pid
    assert answer(path) == (200, said)
    assert answer(path[:-1])[0] == 404
    other = {"other": "other.said"}
    _settle(machine, c.payload(tokens=other, generation=2))
    assert answer(path)[0] == 404
    assert answer("/.well-known/acme-challenge/other") == (200, "other.said")
    assert machine.web.pid == nginx
    _settle(machine, payloads.payload(generation=3, more={"challenges": {}}))
    assert not list(pathlib.Path(paths_lib.Paths().challenges).glob("*"))


@pytest.mark.parametrize("token", ["../../etc/passwd", "a/b", "", "x" * 200, "a\nb"])
def test_token_that_is_no_token_is_refused(machine, token):
    value = c.payload(tokens={token: "a.b"}, generation=2)
    report = machine.node.converge(value)
    assert report.status == "ERROR"
    assert "a challenge has no token" in report.reason


class _Client:
    """Shakes hands all the time, and counts what goes wrong."""

    def __init__(self, port: int) -> None:
        self.serials: set[int] = set()
        self.count = 0
        self.failures: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port,))

    def __enter__(self) -> "_Client":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)

    def has_seen(self, leaf: authority.Leaf) -> bool:
        return c.serial(leaf) in self.serials

    def _run(self, port: int) -> None:
        context = c.trusting()
        while not self._ended.is_set():
            try:
                found = c.handshake(_HOST, port, context)
            except (OSError, AssertionError) as exc:
                self.failures.append(repr(exc))
                continue
            finally:
                self.count += 1
            pem = ssl.DER_cert_to_PEM_cert(found)
            self.serials.add(c.serial(authority.Leaf(pem, "")))


def test_renewals_under_a_continuous_client_fail_none(machine):
    """Five renewals with new keys; TIMES=20 in `make test-long`."""
    times = int(os.environ.get("EXORDOS_MAIL_RENEWALS", "5"))
    first = c.leaf(_HOST)
    _settle(machine, c.payload((_HOST, first)))
    serials = {c.serial(first)}
    with _Client(c.SUBMISSIONS) as exim, _Client(c.HTTPS) as web:
        for number in range(times):
            leaf = c.leaf(_HOST)
            serials.add(c.serial(leaf))
            _settle(machine, c.payload((_HOST, leaf), generation=number + 2))
            for one in (exim, web):
                waiting.until(functools.partial(one.has_seen, leaf), "seen")
    for one in (exim, web):
        assert one.failures == []
        assert one.serials == serials
        assert one.count > 10 * times
