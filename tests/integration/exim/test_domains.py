# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Many domains on one instance: logins, senders, signatures, a disabled domain."""

import base64
import email
import pathlib
import smtplib
import typing as tp

import pytest

from exordos_mail.dataplane.engine import files, send_login
from exordos_mail.protocol import documents
from exordos_mail.standards import dkim
from tests.integration.exim import fixtures, payloads, raw, waiting
from tests.integration.exim.test_dkim_signatures import verdicts

_SECOND, _THIRD = "second.test", "xn--mnchen-3ya.test"
_ANN = f"ann@{_SECOND}"
_ACCOUNTS = {"alice": "one", f"alice@{_SECOND}": "two", _ANN: "three"}


def _keys(*selectors: str) -> dict[str, dict[str, str]]:
    return {
        one: {
            "algorithm": dkim.ED25519_SHA256,
            "private_key": dkim.generate_private_key(dkim.ED25519_SHA256),
        }
        for one in selectors
    }


_SECOND_KEYS = _keys("x20260101-a", "x20260201-b", "x20260301-c")


def _payload(
    disabled: tp.Collection[str] = (),
    names: tp.Collection[str] = (payloads.DOMAIN, _SECOND, _THIRD),
    accounts: tp.Mapping[str, str] | None = None,
    keys: tp.Mapping[str, tp.Any] | None = None,
    **changes: tp.Any,
) -> dict[str, tp.Any]:
    found = {
        name: {"primary": name == payloads.DOMAIN, "enabled": name not in disabled}
        for name in names
    }
    signing = {payloads.DOMAIN: payloads.keys(), _SECOND: _SECOND_KEYS}
    signing = signing if keys is None else dict(keys)
    more = {
        "domains": documents.spread(found),
        "dkim_keys": {
            f"0000-{number}": documents.text({name: signing[name]})
            for number, name in enumerate(signing)
        },
    }
    hashes = {
        key: payloads.hashed(password)
        for key, password in (_ACCOUNTS if accounts is None else accounts).items()
    }
    return payloads.payload(hashes=hashes, more=more, **changes)


@pytest.fixture
def domains(machine: fixtures.Machine) -> fixtures.Machine:
    """A node with three domains."""
    machine.apply(_payload())
    return machine


def _message(author: str) -> str:
    return f"From: {author}\r\nTo: bob@elsewhere.test\r\nSubject: x\r\n\r\nhi\r\n"


def _send(login: str, password: str, sender: str, author: str = "") -> tuple[int, str]:
    smtp = fixtures.client(587, login, password)
    try:
        for answer in (smtp.mail(sender), smtp.rcpt("bob@elsewhere.test")):
            if answer[0] >= 400:
                return answer[0], answer[1].decode()
        code, text = smtp.data(_message(author or sender))
        return code, text.decode()
    finally:
        smtp.close()


def _code(login: str, password: str) -> int:
    return fixtures.login_code(login, password, new_client=True)


def test_login_is_the_full_address_of_any_domain(domains):
    assert _code("alice", "one") == 235
    assert _code("alice@example.com", "one") == 235
    assert _code(f"alice@{_SECOND}", "two") == 235
    assert _code("ALICE@Second.TEST", "two") == 235
    assert _code(_ANN, "three") == 235


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice", "two"),
        ("alice@example.com", "two"),
        (f"alice@{_SECOND}", "one"),
        ("ann", "three"),
        ("ann@example.com", "three"),
        (f"alice@{_SECOND}.", "two"),
        ("alice@example.com.", "one"),
        (f"alice@{_SECOND}@example.com", "two"),
        (f"@{_SECOND}", "two"),
        (f"*@{_SECOND}", "two"),
        ("alice@*.test", "two"),
        ("alice@*", "one"),
        (f"alice @{_SECOND}", "two"),
        (f"<alice@{_SECOND}>", "two"),
        (f"x <alice@{_SECOND}>", "two"),
        (f"alice%{_SECOND}@example.com", "two"),
        ("alice@../passwd", "one"),
        ("alice@${if", "one"),
    ],
)
def test_login_is_never_somebody_elses(domains, login, password):
    assert _code(login, password) == 535


def test_account_sends_as_its_own_address_only(domains, internet):
    assert _send(_ANN, "three", _ANN)[0] == 250
    assert _send(_ANN, "three", "Ann@SECOND.test", "Ann <ANN@second.TEST>")[0] == 250
    for sender in (
        "ann@example.com",
        "alice@example.com",
        f"alice@{_SECOND}",
        f"ann@{_THIRD}",
        "ann",
        f"ann@{_SECOND}.",
    ):
        code, text = _send(_ANN, "three", sender, _ANN)
        assert code in (501, 550), text
        code, text = _send(_ANN, "three", _ANN, sender)
        assert code == 550, text
    assert _send("alice", "one", f"alice@{_SECOND}")[0] == 550
    assert _send(f"alice@{_SECOND}", "two", "alice@example.com")[0] == 550
    # Of several authors one would be signed for, and the others believed.
    both = f"{_ANN}, alice@example.com"
    assert _send(_ANN, "three", _ANN, both)[0] == 550


def _txt(name: bytes, timeout: int = 5) -> bytes | None:
    selector, _, domain = name.decode().rstrip(".").partition("._domainkey.")
    keys = {_SECOND: _SECOND_KEYS, payloads.DOMAIN: payloads.keys()}[domain]
    return dkim.public_record(keys[selector]["private_key"]).encode()


def _signers(content: bytes) -> set[tuple[str, str]]:
    found = set()
    for field in email.message_from_bytes(content).get_all("DKIM-Signature") or []:
        tags = dict(one.strip().partition("=")[::2] for one in field.split(";"))
        found.add((tags["d"], tags["s"]))
    return found


def test_signed_by_all_keys_of_the_domain_of_from(domains, internet):
    assert _send(_ANN, "three", _ANN, "Ann <Ann@SECOND.test>")[0] == 250
    content = internet.next_message()[1]
    assert _signers(content) == {(_SECOND, one) for one in _SECOND_KEYS}
    assert verdicts(content, _txt) == [True] * 3
    assert _send("alice", "one", "alice@example.com")[0] == 250
    content = internet.next_message()[1]
    assert _signers(content) == {("example.com", one) for one in list(payloads.keys())}
    assert verdicts(content, _txt) == [True] * 2


def test_bounce_of_any_domain_is_signed_by_the_primary_one(machine, internet):
    keys = {payloads.DOMAIN: payloads.keys(), "bounces.test": _SECOND_KEYS}
    names, accounts = (payloads.DOMAIN, "bounces.test"), {"x@bounces.test": "p"}
    machine.apply(_payload(names=names, accounts=accounts, keys=keys))
    smtp = fixtures.client(587, "x@bounces.test", "p")
    message = _message("x@bounces.test")
    smtp.sendmail("x@bounces.test", ["refused@elsewhere.test"], message)
    smtp.close()
    envelope, content = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", ["x@bounces.test"])
    assert {domain for domain, _ in _signers(content)} == {payloads.DOMAIN}
    assert verdicts(content, _txt) == [True] * 2


def test_keys_of_one_domain_change_without_a_reload_and_alone(domains, internet):
    daemon, directory = domains.daemon(), pathlib.Path("/etc/exim4/dkim")
    before = {path: path.stat().st_ino for path in directory.rglob("*.key")}
    keys = _keys("y1", "y2")
    signing = {payloads.DOMAIN: payloads.keys(), _SECOND: keys}
    domains.apply(_payload(keys=signing))
    assert _send(_ANN, "three", _ANN)[0] == 250
    assert _signers(internet.next_message()[1]) == {(_SECOND, "y1"), (_SECOND, "y2")}
    after = {path: path.stat().st_ino for path in directory.rglob("*.key")}
    unchanged = {path for path in before if after.get(path) == before[path]}
    assert {path.parent.name for path in unchanged} == {"example.com"}
    assert {path.stem for path in after if path.parent.name == _SECOND} == {"y1", "y2"}
    assert domains.daemon() == daemon


def test_mail_of_a_domain_without_keys_holds_up_nobody_else(machine, internet):
    machine.apply(_payload(keys={payloads.DOMAIN: payloads.keys()}))
    assert _send(_ANN, "three", _ANN)[0] == 250
    waiting.until(
        lambda: "there is no key to sign it with" in machine.log(), "it is put off"
    )
    machine.run_queue()
    assert _send("alice", "one", "alice@example.com")[0] == 250
    assert internet.next_message()[0]["sender"] == "alice@example.com"
    assert machine.supervisor.tool("exinext", "bob@elsewhere.test").strip() in (
        "",
        "No retry data found for bob@elsewhere.test",
    )
    machine.apply(_payload())
    machine.run_queue()
    content = internet.next_message()[1]
    assert verdicts(content, _txt) == [True] * 3


def test_disabled_domain_does_not_send_and_its_queue_waits(domains, internet):
    daemon = domains.daemon()
    session = fixtures.client(587, _ANN, "three")
    assert session.mail(_ANN)[0] == 250
    session.rset()
    # A message that is on the way when the domain is disabled.
    domains.apply(_payload(keys={payloads.DOMAIN: payloads.keys()}))
    assert _send(_ANN, "three", _ANN)[0] == 250
    waiting.until(lambda: "waits:" in domains.log(), "it is on the queue")
    domains.apply(_payload(disabled=[_SECOND]))
    domains.run_queue()
    assert internet.count() == 0
    # Also in a session that was open before.
    code, text = session.mail(_ANN)
    assert (code, text[:9]) == (550, b"5.7.1 The")
    assert f"domain {_SECOND} is disabled" in text.decode()
    session.close()
    assert _send(_ANN, "three", _ANN)[0] == 550
    assert _send("alice", "one", "alice@example.com")[0] == 250
    assert internet.next_message()[0]["sender"] == "alice@example.com"
    domains.apply(_payload())
    domains.run_queue()
    assert internet.next_message()[0]["sender"] == _ANN
    assert domains.daemon() == daemon


def test_disabled_domain_does_not_receive(domains):
    domains.apply(_payload(disabled=[_SECOND]))
    with raw.Dialogue(25) as client:
        client.say("EHLO client.test")
        client.say("MAIL FROM:<bob@elsewhere.test>")
        assert client.say(f"RCPT TO:<ann@{_SECOND}>").startswith("454 4.3.2")
        assert client.say(f"RCPT TO:<ann@{_SECOND.upper()}>").startswith("454 4.3.2")
        assert client.say("RCPT TO:<nobody@example.com>").startswith("550 5.1.1")
        assert client.say(f"RCPT TO:<ann@{_THIRD}>").startswith("550 5.1.1")
        assert client.say("RCPT TO:<ann@other.test>").startswith("550 5.7.1")


def test_domain_that_is_gone_neither_sends_nor_is_known(domains, internet):
    keys = {payloads.DOMAIN: payloads.keys()}
    domains.apply(
        _payload(names=[payloads.DOMAIN], accounts={"alice": "one"}, keys=keys)
    )
    assert _code(_ANN, "three") == 535
    assert not list(pathlib.Path("/etc/exim4/dkim").glob(_SECOND))
    assert len(list(pathlib.Path("/etc/exim4/lookups/domains").iterdir())) == 1


def test_host_name_of_its_own(machine, internet):
    machine.apply(_payload(hostname="mx-1.hosts.test"))
    smtp = smtplib.SMTP("127.0.0.1", 25, "localhost", timeout=5)
    assert smtp.ehlo()[1].startswith(b"mx-1.hosts.test Hello")
    smtp.close()
    message = "From: alice@example.com\r\nSubject: x\r\n\r\nhi\r\n"
    smtp = fixtures.client(587, "alice", "one")
    smtp.sendmail("alice@example.com", ["bob@elsewhere.test"], message)
    envelope, content = internet.next_message()
    assert envelope["helo"] == "mx-1.hosts.test"
    found = email.message_from_bytes(content)
    assert "by mx-1.hosts.test" in found["Received"]
    assert found["Message-ID"].endswith("@example.com>")
    assert verdicts(content, _txt) == [True] * 2
    # A name without a domain is of the primary domain still.
    assert _code("alice", "one") == 235


def test_message_of_a_domain_with_a_hyphen(machine, internet):
    """exim writes over the "-" of a domain in the ids that it makes."""
    domain = "ft-2026.example.com"
    machine.apply(payloads.payload(domain=domain, hostname=f"mail.{domain}"))
    sender = f"alice@{domain}"
    smtp = fixtures.client(587, "alice", payloads.PASSWORD)
    smtp.sendmail(sender, ["bob@elsewhere.test"], _message(sender))
    found = email.message_from_bytes(internet.next_message()[1])
    assert found["Message-ID"].endswith(f"@{domain}>")


@pytest.mark.parametrize("label", ["mail.", ""])
def test_domain_of_the_longest_names(machine, label):
    domain = ".".join(["a" * 49] * 5) + ".org"
    domain = domain[len(label) + 1 :] if label else domain
    found = {domain: {"primary": True, "enabled": True}}
    more = {"domains": documents.spread(found)}
    host = f"{label}{domain}"
    machine.apply(payloads.payload(domain=domain, hostname=host, more=more))


def test_two_documents_are_never_one_login(machine):
    machine.apply(_payload())
    accounts = {**_ACCOUNTS, "alice@example.com": "four"}
    report = machine.node.converge(_payload(accounts=accounts))
    assert report.status == "ERROR"
    assert "primary domain" in report.reason
    assert _code("alice", "one") == 235
    assert _code("alice", "four") == 535


def test_tenants_of_the_send_service_send_from_all_domains(domains):
    secret = "s" * 43
    layout = domains.layout
    domains.apply(_payload(disabled=[_THIRD]))
    files.write(layout, layout.send_cdb, send_login.file(secret.encode(), layout))
    with raw.Dialogue(10025) as client:
        client.say("EHLO localhost")
        plain = base64.b64encode(f"\0send\0{secret}".encode()).decode()
        assert client.say(f"AUTH PLAIN {plain}").startswith("235")
        for sender, code in (
            ("x@example.com", "250"),
            (f"X@{_SECOND.upper()}", "250"),
            (f"x@{_THIRD}", "454"),
            ("x@elsewhere.test", "550"),
            (f"x@sub.{_SECOND}", "550"),
        ):
            assert client.say(f"MAIL FROM:<{sender}>").startswith(code), sender
            client.say("RSET")
