# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every message leaves with two signatures that somebody else can verify."""

import typing as tp

import dkim as dkimpy

from exordos_mail.standards import dkim
from tests.integration.exim import fixtures, payloads, waiting

_MESSAGE = (
    "From: alice@example.com\r\nTo: bob@elsewhere.test\r\nSubject: x\r\n\r\nhi\r\n"
)


def _txt(name: bytes, timeout: int = 5) -> bytes | None:
    """Answer as the DNS would with the records that the node reports."""
    selector = name.decode().partition("._domainkey.")[0]
    key = payloads.keys().get(selector)
    return dkim.public_record(key["private_key"]).encode() if key else None


def _delivered(internet, message: str = _MESSAGE) -> bytes:
    assert fixtures.submit(message)[0] == 250
    return internet.next_message()[1]


def verdicts(content: bytes, txt: tp.Any = _txt) -> list[bool]:
    """Return for each signature of a message whether it verifies."""
    verifier = dkimpy.DKIM(content)
    count = content.count(b"DKIM-Signature:")
    return [_verdict(verifier, number, txt) for number in range(count)]


def _verdict(verifier: dkimpy.DKIM, number: int, txt: tp.Any) -> bool:
    try:
        return verifier.verify(idx=number, dnsfunc=txt)
    except dkimpy.ValidationError:  # the body's hash is checked by raising
        return False


def test_both_signatures_verify(mail, internet):
    content = _delivered(internet)
    assert verdicts(content) == [True, True]
    for wanted in (b"s=platform;", b"s=platform-ed25519;", b"d=example.com;"):
        assert wanted in content
    assert b"a=rsa-sha256;" in content
    assert b"a=ed25519-sha256;" in content


def test_a_second_from_header_breaks_them(mail, internet):
    content = b"From: mallory@elsewhere.test\r\n" + _delivered(internet)
    assert verdicts(content) == [False, False]


def test_changed_body_breaks_them(mail, internet):
    assert verdicts(_delivered(internet).replace(b"hi", b"ho")) == [False, False]


def test_node_reports_the_records_of_the_keys_on_its_disk(mail):
    report = mail.node.observe()
    assert report.dkim == {
        selector: dkim.public_record(key["private_key"])
        for selector, key in payloads.keys().items()
    }
    for selector, record in report.dkim.items():
        text = (mail.layout.disk(mail.layout.dkim_dir) / f"{selector}.txt").read_text()
        assert record in text.replace('" "', "")


def test_mail_waits_for_a_key_and_leaves_signed_without_a_reload(machine, internet):
    machine.apply(payloads.payload(dkim_keys={}))
    daemon = machine.daemon()
    before = internet.count()
    assert fixtures.submit(_MESSAGE)[0] == 250
    waiting.until(lambda: "no key to sign it with" in machine.log(), "it is put off")
    assert internet.count() == before
    machine.apply(payloads.payload())
    machine.run_queue()
    assert verdicts(internet.next_message()[1]) == [True, True]
    assert machine.daemon() == daemon
