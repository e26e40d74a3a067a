# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An address is judged as the client has written it, not as exim corrects it."""

import pytest

from tests.integration.exim import raw

_BAD = [
    "<a b@elsewhere.test>",
    "< bob@elsewhere.test>",
    "<bob@elsewhere.test >",
    "<bob @elsewhere.test>",
    "<bob@ elsewhere.test>",
    "bob @elsewhere.test",
    "<bob@elsewhere.test,carol@elsewhere.test>",
    "<bob@elsewhere.test>,<carol@elsewhere.test>",
    "<bob@elsewhere.test> carol@elsewhere.test",
    "<bob@elsewhere.test>x",
    "Bob <bob@elsewhere.test>",
    "<<bob@elsewhere.test>>",
    "<bob(comment)@elsewhere.test>",
    "<bob@elsewhere.test (comment)>",
    "<bob@@elsewhere.test>",
    "<bob@elsewhere..test>",
    "<.bob@elsewhere.test>",
    "<bob@>",
    "<bob>",
    "<>",
    '<"a b\\""@elsewhere.test>',
    '<"a" b@elsewhere.test>',
    "<bob\t@elsewhere.test>",
    "<bob@elsewhere.test> NOTIFY=NEVER x",
    "<bob@[192.0.2.25]>",
    "<" + "b" * 300 + "@elsewhere.test>",
    "<" + "b" * 16000,
]
_GOOD = {
    "<bob@elsewhere.test>": "bob@elsewhere.test",
    " <bob@elsewhere.test> ": "bob@elsewhere.test",
    "bob@elsewhere.test": "bob@elsewhere.test",
    '<"a b"@elsewhere.test>': '"a b"@elsewhere.test',
    '<"a b"@elsewhere.test> NOTIFY=NEVER': '"a b"@elsewhere.test',
    '<"a\\"b"@elsewhere.test>': '"a\\"b"@elsewhere.test',
    "<a=b+c@elsewhere.test>": "a=b+c@elsewhere.test",
    "<@relay.test:bob@elsewhere.test>": "bob@elsewhere.test",
    "<bob@elsewhere.test> notify=SUCCESS,FAILURE ORCPT=rfc822;bob@elsewhere.test": (
        "bob@elsewhere.test"
    ),
}


def test_recipients_that_are_not_well_formed_are_refused_one_by_one(mail, internet):
    with raw.as_alice() as alice:
        assert alice.say("MAIL FROM:<alice@example.com>").startswith("250")
        for recipient in _BAD:
            answer = alice.say(f"RCPT TO:{recipient}")
            assert answer.startswith("501 5.1.3"), (recipient, answer)
        for recipient in _GOOD:
            assert alice.say(f"RCPT TO:{recipient}").startswith("250"), recipient
        assert alice.say("DATA").startswith("354")
        assert alice.say("From: alice@example.com\r\n\r\nx\r\n.").startswith("250")
    seen: set[str] = set()
    while len(seen) < len(set(_GOOD.values())):
        seen.update(internet.next_message()[0]["recipients"])
    assert seen == set(_GOOD.values())


@pytest.mark.parametrize("local_part", ["bücher", "\xff", "日本"])
def test_what_is_not_ascii_is_refused_with_what_to_write(mail, local_part):
    octets = local_part.encode("latin-1" if local_part == "\xff" else "utf-8")
    with raw.as_alice() as alice:
        alice.say("MAIL FROM:<alice@example.com>")
        for address in (octets + b"@elsewhere.test", b"bob@" + octets + b".test"):
            answer = alice.say(b"RCPT TO:<" + address + b">")
            assert answer.startswith("553 5.6.7")
            assert "xn--" in answer
        alice.say("RSET")
        answer = alice.say(b"MAIL FROM:<" + octets + b"@example.com>")
        assert answer.startswith("553 5.6.7")


@pytest.mark.parametrize(
    "sender",
    [
        "<a b@example.com>",
        "< alice@example.com>",
        "<alice@example.com> carol",
        "<alice@example.com> SIZE",
        "Alice <alice@example.com>",
        "<alice@example.com>,<bob@example.com>",
        "< >",
    ],
)
def test_sender_that_is_not_well_formed_is_refused(mail, sender):
    with raw.as_alice() as alice:
        assert alice.say(f"MAIL FROM:{sender}").startswith("501 5.1.3")
        options = "SIZE=10 BODY=8BITMIME RET=HDRS ENVID=a+20b AUTH=<>"
        good = f"MAIL FROM: <alice@example.com> {options}"
        assert alice.say(good).startswith("250")


def test_stranger_who_writes_badly_is_cut_off(mail):
    with raw.Dialogue(25) as stranger:
        stranger.say("EHLO stranger.test")
        for _ in range(20):
            stranger.say("MAIL FROM:<a@@b>")
        assert stranger.closed
