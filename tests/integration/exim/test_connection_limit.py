# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No network takes all connections, and no port those of another."""

from exordos_mail.dataplane.services.exim import probe, render
from tests.integration.exim import fixtures, payloads, raw, waiting

_HOLD = """
import collections, json, socket, sys
held = []
def hold(addresses, to, port, count):
    answers = collections.Counter()
    for number in range(count):
        one = socket.create_connection(
            (to, port), 60, (addresses[number % len(addresses)], 0)
        )
        answers[one.recv(100)[:3].decode()] += 1
        held.append(one)
    return answers["220"], answers["421"]
"""
_LOGIN = f"""
import smtplib, ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
def log_in(address, port=465):
    smtp = smtplib.SMTP_SSL(
        "192.0.2.1", port, "x", timeout=60, context=context, source_address=(address, 0)
    )
    smtp.login("{payloads.ALICE}", "{payloads.PASSWORD}")
    return smtp
"""


def test_floods_of_two_networks_leave_room_for_others(machine, networks):
    machine.apply(payloads.payload())
    answers = networks.run(
        _HOLD
        + _LOGIN
        + f"""
four, six = {fixtures.NETWORK_24!r}, {fixtures.NETWORK_64!r}
print(hold(four, "192.0.2.1", 25, 45), hold(six, "2001:db8::1", 25, 25))
print(hold(four[:1], "192.0.2.1", 465, 0), hold(four, "192.0.2.1", 587, 105))
print(hold(six, "2001:db8::1", 587, 65))
print(log_in("{fixtures.ELSEWHERE}").noop()[0])
"""
    )
    assert answers.splitlines() == [
        "(40, 5) (20, 5)",
        "(0, 0) (100, 5)",
        "(60, 5)",
        "250",
    ]
    assert probe.running_revision(machine.layout)


def test_office_behind_one_address_is_served(machine, networks):
    machine.apply(payloads.payload())
    answers = networks.run(
        _LOGIN
        + f"""
office = [log_in("{fixtures.ELSEWHERE}") for _ in range(50)]
print({{smtp.noop()[0] for smtp in office}}, len(office))
"""
    )
    assert answers.strip() == "{250} 50"


def test_who_has_not_logged_in_is_cut_off_sooner(machine, networks, monkeypatch):
    """With two seconds instead of a minute, as nobody waits for a minute here."""
    made = render._exim_conf

    def quick(*args: object, **kwargs: object) -> str:
        text = made(*args, **kwargs)
        assert "{1m}{5m}" in text
        return text.replace("{1m}{5m}", "{2s}{5m}")

    monkeypatch.setattr(render, "_exim_conf", quick)
    machine.apply(payloads.payload())
    silent = """
import socket
for port in (25, 465, 587):
    one = socket.create_connection(("192.0.2.1", port), 60)
    while one.recv(1000):
        pass
    print(port)
"""
    with raw.as_alice() as alice:
        assert networks.run(silent).split() == ["25", "465", "587"]
        assert alice.say("NOOP").startswith("250")
    waiting.until(lambda: "timeout" in machine.log(), "it is noted")
