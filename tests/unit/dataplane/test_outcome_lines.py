# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Lines of exim's main log, as exim 4.96 writes them with the log_selector of ours."""

import datetime

import pytest

from exordos_mail.dataplane.services.outcomes import line
from exordos_mail.protocol import outcomes

STAMP, ID = "2026-11-29 22:20:34.499", "1xXnG6-00001W-1V"
AT = round(datetime.datetime(2026, 11, 29, 22, 20, 34, 499000).timestamp() * 1000)
REFUSED = "SMTP error from remote mail server after RCPT TO:<bob@elsewhere.test>: "
TO = "bob@elsewhere.test F=<ann@example.com> R=by_dns T=remote_smtp"
HOST = "H=mx.elsewhere.test [192.0.2.25]:25"


def read(text: str) -> line.Event | None:
    return line.read(f"{STAMP} [105] {ID} {text}".encode())


def outcome(text: str) -> outcomes.Outcome:
    found = read(text)
    assert isinstance(found, outcomes.Outcome)
    # The gateway takes it.
    assert outcomes.Outcome.from_dict(found.to_dict()) == found
    assert (found.at, found.queue_id) == (AT, ID)
    return found


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        (
            f'=> {TO} {HOST} C="250 2.0.0 Ok: queued as 4711" QT=0.030s DT=0.004s',
            "delivered",
            (250, "2.0.0", "250 2.0.0 Ok: queued as 4711"),
        ),
        (
            f'-> {TO} {HOST} C="250 kept" QT=0.030s',
            "delivered",
            (250, None, "250 kept"),
        ),
        (
            f"=> {TO.replace('remote_smtp', 'smarthost_starttls')} {HOST} A=plain"
            r' C="250 say \"hello\" to \\ us" QT=1m2s DT=0s',
            "relayed",
            (250, None, r'250 say "hello" to \ us'),
        ),
        (
            f"** {TO} {HOST}: {REFUSED}550 5.1.1 nobody DT=0.000s",
            "bounced",
            (550, "5.1.1", "550 5.1.1 nobody"),
        ),
        (
            f"** {TO} {HOST} X=TLS1.3:A:256 CV=no: SMTP error from remote mail server"
            r" after end of data: 554-5.7.1 first\n554 5.7.1 second DT=1s",
            "bounced",
            (554, "5.7.1", "554-5.7.1 first 554 5.7.1 second"),
        ),
        (
            "** bob@elsewhere.test F=<ann@example.com> R=nowhere: 550 5.1.2 No host"
            " DT=0.000s",
            "bounced",
            (550, "5.1.2", "550 5.1.2 No host"),
        ),
        (
            f"** {TO} {HOST}: {REFUSED}450 4.7.1 greylisted: retry timeout exceeded",
            "expired",
            (450, "4.7.1", "450 4.7.1 greylisted: retry timeout exceeded"),
        ),
        (
            f"** {TO}: all hosts for 'elsewhere.test' have been failing for a long time"
            " (and retry time not reached)",
            "expired",
            (
                None,
                None,
                "all hosts for 'elsewhere.test' have been failing for a long time (and"
                " retry time not reached)",
            ),
        ),
        (
            "== bob@elsewhere.test R=by_dns T=remote_smtp defer (-44) "
            f"{HOST} DT=0.000s: {REFUSED}450 4.7.1 greylisted",
            "delayed",
            (450, "4.7.1", "450 4.7.1 greylisted"),
        ),
        (
            f"== bob@elsewhere.test R=by_dns T=remote_smtp defer (111) {HOST}:"
            " Connection refused",
            "delayed",
            (None, None, "Connection refused"),
        ),
        (
            "== bob@elsewhere.test routing defer (-51): retry time not reached",
            "delayed",
            (None, None, "retry time not reached"),
        ),
    ],
)
def test_outcomes(text, state, said):
    found = outcome(text)
    assert found.recipient == "bob@elsewhere.test"
    assert (found.state, (found.code, found.enhanced, found.reply)) == (state, said)
    if HOST in text:
        assert (found.host, found.address) == ("mx.elsewhere.test", "192.0.2.25")


@pytest.mark.parametrize(
    ("fields", "tls"),
    [
        ("", ""),
        (" X=TLS1.3:ECDHE_X25519__RSA:256 CV=yes", "TLS1.3 verified"),
        (" X=TLS1.2:ECDHE:128 CV=no", "TLS1.2"),
        (" X=TLS1.3:ECDHE:256 CV=dane", "TLS1.3 dane"),
    ],
)
def test_tls(fields, tls):
    text = f'=> {TO} H=mx6.test [2001:db8::25]:25{fields} DS C="250 ok" QT=0.1s'
    found = outcome(text)
    assert (found.tls, found.address) == (tls, "2001:db8::25")


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ('a r=x@elsewhere.test <"a R=x"@elsewhere.test>', '"a R=x"@elsewhere.test'),
        ("a b@elsewhere.test", "a b@elsewhere.test"),
        ('x: 250 2.0.0@e.test <"x: 250 2.0.0"@e.test>', '"x: 250 2.0.0"@e.test'),
    ],
)
def test_recipients_that_look_like_something_else(written, recipient):
    after = f"SMTP error from remote mail server after RCPT TO:<{recipient}>: "
    found = outcome(
        f"** {written} F=<ann@e.test> R=by_dns T=remote_smtp {HOST}: {after}550 5.1.1"
    )
    assert (found.recipient, found.code, found.state) == (recipient, 550, "bounced")


@pytest.mark.parametrize("kind", ["=>", "->"])
def test_alias_that_led_to_nobody(kind):
    text = f"{kind} :blackhole: <team@example.com> R=nobody_behind QT=0.1s"
    assert read(text) == line.Dropped(ID, "team@example.com")


def test_what_a_remote_says_is_no_field():
    said = r"250 ok\" H=evil.test [203.0.113.9]:25 CV=dane T=smarthost_none \\"
    found = outcome(f'=> {TO} {HOST} C="{said}" QT=0.1s')
    assert (found.state, found.host, found.tls) == (
        "delivered",
        "mx.elsewhere.test",
        "",
    )
    refused = f"** {TO} {HOST}: {REFUSED}550 5.1.1 no: retry later H=evil.test"
    assert outcome(refused).host == "mx.elsewhere.test"


def test_refusal_that_speaks_of_retries_is_one():
    text = f"** {TO} {HOST}: {REFUSED}550 5.1.1 no: retry timeout exceeded"
    assert outcome(text).state == "bounced"


def test_beginning_and_end():
    text = "SUBMITTED login=<ann@example.com> submitter=<> message-id=<a=b@c> sender=<>"
    begun = line.Submitted(ID, AT, "ann@example.com", "", "a=b@c", "")
    assert read(text) == begun
    quoted = text.replace("sender=<>", 'sender=<"a> b"@c>')
    assert read(quoted) == begun._replace(sender='"a> b"@c')
    done = line.Completed(ID, AT)
    assert read("Completed QT=0.030s") == read("Completed") == done
    assert read("removed by root") == line.Removed(ID)


@pytest.mark.parametrize(
    ("said", "recipients"),
    [
        ("for bob@elsewhere.test", ("bob@elsewhere.test",)),
        (
            'for a@e.test "a R=x"@e.test b@e.test',
            ("a@e.test", '"a R=x"@e.test', "b@e.test"),
        ),
        ("id=x from <y> for z@e.test from <ann@e.test> for b@e.test", ("b@e.test",)),
    ],
)
def test_whom_a_message_is_for(said, recipients):
    text = f"<= ann@example.com H=(x) [127.0.0.1]:5 P=esmtpsa S=684 {said}"
    assert read(text) == line.Taken(ID, recipients)


def test_line_that_was_cut_off_names_nobody_by_half():
    many = " ".join(f"recipient-{number}@elsewhere.test" for number in range(1000))
    found = read(f"<= ann@example.com H=(x) S=684 for {many}"[:7990])
    assert isinstance(found, line.Taken)
    assert set(found.recipients) < set(many.split())
    # What is cut off was exim's, and what is left a client's.
    forged = f"<= ann@example.com H=(x) id=x for bob@elsewhere.test {'x' * 8000}"[:7990]
    assert read(forged) == line.Taken(ID, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{STAMP} [105] {ID}",
        f"{STAMP} [105] {ID} => ",
        f"{STAMP} [105] {ID} SUBMITTED login=<a> submitter=<b",
        f"{STAMP} [105] {ID} Unfrozen by SUBMITTED login=<a> submitter=<b>",
        f"{STAMP} [105] H=({ID} ** bob@e.test F=<>) rejected",
        f"{STAMP} [105] {ID} H=(x) => bob@e.test F=<a@e.test> R=r T=t",
        f"x {STAMP} [105] {ID} Completed",
    ],
)
def test_other_lines_tell_nothing(text):
    assert line.read(text.encode()) is None


def test_any_octets_and_lengths_are_read():
    for text in ("x" * 8000, " <" * 4000, ' "' * 4000, " F=<" * 2000, "\\" * 8000):
        for kind in ("=>", "**", "=="):
            head = f"{STAMP} [105] {ID} {kind} ".encode()
            for octets in (text.encode(), text.encode() + b"\xff\x00\xe2\x80\xa8"):
                found = line.read(head + octets)
                assert found is None or isinstance(found, outcomes.Outcome)
                line.read(head + b"a@b F=<c@d> R=r T=t: " + octets)
