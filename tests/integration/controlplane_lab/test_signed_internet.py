# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The signed internet is what its README says: other tests stand on it."""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import time

import dns.exception
import dns.rcode
import pytest

from tests import lab
from tests.lab import daemon
from tests.stand import progress


def test_a_change_is_at_both_authorities_and_validates(
    signed_internet: lab.Internet,
) -> None:
    signed_internet.set("example.com", "MX", ["10 mx.example.com."])
    for server in signed_internet.authorities:
        assert signed_internet.get("example.com", "MX", server) == [
            "10 mx.example.com."
        ]
    assert signed_internet.validates("example.com", "MX")
    text = signed_internet.run(
        "delv", "-a", "/mnt/bind.keys", "+root=.", "example.com", "MX"
    )
    assert "; fully validated" in text


def test_a_removed_record_is_gone_and_its_absence_is_proved(
    signed_internet: lab.Internet,
) -> None:
    signed_internet.set("gone.example.com", "A", ["192.0.2.9"])
    signed_internet.set("gone.example.com", "A", [])
    answer = signed_internet.ask("gone.example.com.", "A")
    assert answer.rcode() == dns.rcode.NXDOMAIN


def test_a_new_zone_is_served_signed_and_unsigned(
    signed_internet: lab.Internet,
) -> None:
    signed_internet.zone("shop.example")
    signed_internet.set("shop.example", "TXT", ["x" * 600])
    (text,) = signed_internet.get("shop.example", "TXT", signed_internet.authorities[1])
    assert text.replace('" "', "") == f'"{"x" * 600}"'
    assert signed_internet.validates("shop.example", "TXT")
    signed_internet.zone("plain.example", signed=False)
    signed_internet.set("plain.example", "TXT", ["x"])
    assert not signed_internet.validates("plain.example", "TXT")
    assert signed_internet.ask("plain.example.", "TXT").answer


def test_a_held_secondary_stays_behind(signed_internet: lab.Internet) -> None:
    first, second = signed_internet.authorities
    signed_internet.set("example.net", "TXT", ["old"])
    signed_internet.secondary.hold()
    try:
        signed_internet.set("example.net", "TXT", ["new"])
        assert signed_internet.get("example.net", "TXT", first) == ['"new"']
        assert signed_internet.get("example.net", "TXT", second) == ['"old"']
    finally:
        signed_internet.secondary.release()
    signed_internet.synchronise("example.net.")
    assert signed_internet.get("example.net", "TXT", second) == ['"new"']


def test_a_forged_digest_is_bogus_until_it_is_healed(
    signed_internet: lab.Internet,
) -> None:
    signed_internet.set("example.org", "TXT", ["x"])
    signed_internet.forge("example.org")
    assert signed_internet.ask("example.org.", "TXT").rcode() == dns.rcode.SERVFAIL
    signed_internet.heal("example.org")
    assert signed_internet.validates("example.org", "TXT")


def test_reverse_names(signed_internet: lab.Internet) -> None:
    signed_internet.set("192.0.2.25", "PTR", ["mx.example.com."])
    assert signed_internet.validates("25.2.0.192.in-addr.arpa.", "PTR")
    signed_internet.set("2001:db8::25", "PTR", ["mx.example.com."])
    assert signed_internet.get("2001:db8::25", "PTR") == ["mx.example.com."]


def test_stopped_refuses_and_paused_is_silent(signed_internet: lab.Internet) -> None:
    second = signed_internet.authorities[1]
    signed_internet.secondary.stop()
    try:
        with signed_internet.entered(), pytest.raises(ConnectionRefusedError):
            socket.create_connection((second, 53), timeout=1).close()
    finally:
        signed_internet.secondary.start()
    signed_internet.secondary.pause()
    try:
        with pytest.raises(dns.exception.Timeout):
            signed_internet.get("example.com", "SOA", second)
    finally:
        signed_internet.secondary.resume()
    signed_internet.synchronise("example.com.")


def test_it_ends_with_a_program_that_is_paused() -> None:
    with lab.Internet() as net:
        net.secondary.pause()
        holder = net.namespace.pid
    assert not pathlib.Path(f"/proc/{holder}").exists()


def test_the_machine_lends_a_port_and_is_not_reached_otherwise(
    signed_internet: lab.Internet,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with signed_internet.entered(), pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        signed_internet.namespace.lend(port)
        with signed_internet.entered():
            inner = socket.create_connection(("127.0.0.1", port), timeout=1)
        outer, _ = door.accept()
        with inner, outer:
            inner.sendall(b"question")
            assert outer.recv(8) == b"question"
            outer.sendall(b"answer")
            assert inner.recv(6) == b"answer"


def test_pebble_answers_with_its_own_authority(
    signed_internet: lab.Internet, pebble: lab.Pebble
) -> None:
    code = (
        "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
    )
    here = signed_internet.namespace.command_here(
        sys.executable, "-c", code, pebble.directory
    )
    env = {**os.environ, "SSL_CERT_FILE": str(pebble.ca_file), "no_proxy": "*"}
    done = subprocess.run(here, env=env, capture_output=True, text=True, timeout=20)
    assert "newOrder" in json.loads(done.stdout), done.stderr
    assert "BEGIN CERTIFICATE" in pebble.root()


def test_certificates_are_what_strict_clients_take(tmp_path: pathlib.Path) -> None:
    authority = lab.Authority()
    for days, fits in ((20, True), (-1, False)):
        pair = authority.issue("mx.example.com", days=days)
        (tmp_path / "pem").write_text(pair.chain + pair.key)
        (tmp_path / "ca").write_text(authority.pem)
        command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
        done = subprocess.run(
            [*command, "-CAfile", tmp_path / "ca", tmp_path / "pem"],
            capture_output=True,
            text=True,
        )
        assert (done.returncode == 0) == fits, done.stdout + done.stderr
    ssl.create_default_context(cadata=authority.pem)


def test_it_ends_with_the_process_that_started_it(tmp_path: pathlib.Path) -> None:
    code = (
        "from tests import lab; net = lab.Internet(False); net.start(); "
        "print(net.namespace.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        inside = daemon.family(int(owner.stdout.readline()))
        owner.kill()
    gone = lambda: not any(pathlib.Path(f"/proc/{one}").exists() for one in inside)  # noqa: E731
    progress.until(gone, 5, "all of the namespace is gone")


def test_it_starts_in_five_seconds() -> None:
    begin = time.monotonic()
    with lab.Internet() as net:
        took = time.monotonic() - begin
        assert net.validates("operator.test", "SOA")
    assert took < 5
