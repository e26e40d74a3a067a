# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail leaves through a smarthost: another exim, with AUTH and a proved name."""

import base64
import contextlib
import pathlib
import re
import stat
import subprocess
import typing as tp

import pytest

from exordos_mail.protocol import documents
from tests.integration.exim import certificates, fixtures, payloads, waiting
from tests.integration.exim import smarthost as far

_BOB = "bob@elsewhere.test"
_IN_QUEUE = re.compile(r"^ *\d+[mhd] +\S+ (\S+) <", re.MULTILINE)
# What the client of a mechanism might expand, double, split or cut short.
_PASSWORDS = {
    "circumflex": "a^b^^c^^^d^",
    "circumflex-first": "^first",
    "expansions": "${readfile{/etc/passwd}}$auth1\\n\\x41$$",
    "quotes": '"a\' b\\" : ; <+ > # ',
    "utf8": "пароль пример ✓",
    "octets": "✓" * 256,
    "empty-looking": " ",
}


@pytest.fixture(scope="module")
def _started(far_programs: None) -> tp.Iterator[far.Smarthost]:
    found = far.begin()
    yield found
    far.end(found)


class Node(tp.NamedTuple):
    """The node, and what was in its log before."""

    machine: fixtures.Machine
    before: int

    def apply(self, value: tp.Mapping[str, tp.Any]) -> None:
        self.machine.apply(value)

    def log(self) -> str:
        return self.machine.log()[self.before :]

    def run_queue(self) -> None:
        """Look through the queue as exim does by itself: hints hold."""
        self.machine.supervisor.run("-q")

    def waits(self, reason: str) -> None:
        """Wait until a message is put off for this reason; it is in the queue then."""
        pattern = re.compile(f" == .*(?:{reason})")
        try:
            waiting.until(lambda: pattern.search(self.log()), reason)
        except AssertionError as error:
            raise AssertionError(self.log()) from error
        assert self.machine.supervisor.run("-bpc").strip() == "1"
        assert " ** " not in self.log()


@pytest.fixture
def node(mail: fixtures.Machine) -> tp.Iterator[Node]:
    """A node whose mail leaves directly, with nothing in its queue."""
    mail.apply(far.direct())
    yield Node(mail, len(mail.log()))
    mail.apply(far.direct())
    waiting.until(lambda: not _remove_queue(mail), "the queue is empty")


def _remove_queue(machine: fixtures.Machine) -> bool:
    """Remove all messages but those that are tried just now; whether there are any."""
    queue = _IN_QUEUE.findall(machine.supervisor.run("-bp"))
    with contextlib.suppress(subprocess.CalledProcessError):
        machine.supervisor.run("-Mrm", *queue)
    return bool(queue)


@pytest.fixture
def smarthost(_started: far.Smarthost, node: Node) -> far.Smarthost:
    _started.show(certificates.leaf(far.NAME, far.NAME6))
    _started.expect(far.USER, far.PASSWORD)
    _started.forget()
    return _started


def _submit(recipient: str = _BOB) -> None:
    message = "From: alice@example.com\r\n\r\nx\r\n"
    code, text = fixtures.submit(message, recipients=[recipient])
    assert code == 250, text


def _is_nowhere(machine: fixtures.Machine, secret: str) -> None:
    """Demand that a secret is in no log, argument or file that others may read."""
    forms = [secret, base64.b64encode(secret.encode()).decode()]
    logs = [one.decode(errors="replace") for _, one in _files(machine.layout.log_dir)]
    exims = [far.arguments_of_all(), machine.supervisor.run("-bP")]
    for text in (*logs, *exims):
        assert not any(one in text for one in forms)
    for path, content in (*_files("/etc/exim4"), *_files(machine.layout.state_dir)):
        if secret.encode() in content:
            found = path.stat()
            assert stat.S_IMODE(found.st_mode) in (0o640, 0o600), path
            assert found.st_uid == 0
    assert secret.encode() not in pathlib.Path(machine.layout.exim_conf).read_bytes()


def _files(directory: str) -> tp.Iterator[tuple[pathlib.Path, bytes]]:
    """Yield the files that stay while they are looked at, and their contents."""
    for path in pathlib.Path(directory).rglob("*"):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            yield path, path.read_bytes()


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, f"sni={far.NAME} from=192.0.2.1 port=587 how=plain"),
        ({"port": 465, "tls": "implicit"}, f"sni={far.NAME} from=192.0.2.1 port=465"),
        ({"port": 2525}, "port=2525 how=plain"),
    ],
)
def test_mail_goes_through_the_smarthost(node, smarthost, internet, changes, seen):
    node.apply(far.payload(**changes))
    _submit()
    how, message = smarthost.next_message()
    assert seen in how
    assert "login=somebody tls=TLS" in how
    assert len(message.get_all("DKIM-Signature")) == 2
    assert internet.count() == 0
    _is_nowhere(node.machine, far.PASSWORD)


@pytest.mark.parametrize("name", _PASSWORDS)
def test_password_arrives_octet_by_octet(node, smarthost, name):
    password = _PASSWORDS[name]
    for username, plain in (("shop", True), ("a^b ${x}:✓", False)):
        smarthost.expect(username, password, plain)
        node.apply(far.payload(username=username, password=password))
        _submit()
        how, _ = smarthost.next_message()
        is_plain = plain and not password.startswith("^")
        assert how.endswith("how=plain" if is_plain else "how=login")


def test_wrong_password_keeps_the_mail_until_it_is_right(node, smarthost, internet):
    node.apply(far.payload(password="not this one"))
    daemon = node.machine.daemon()
    _submit()
    node.waits("authentication attempt.s. failed")
    assert smarthost.count() == 0
    node.apply(far.payload())
    # By the queue's own run, which looks at hints: nothing is forced.
    node.run_queue()
    smarthost.next_message()
    assert node.machine.daemon() == daemon
    assert internet.count() == 0
    _is_nowhere(node.machine, "not this one")


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        (lambda: certificates.leaf("another.test"), "certificate"),
        (lambda: certificates.leaf(far.NAME, by=None), "certificate"),
        (
            lambda: certificates.leaf(
                far.NAME,
                begin=certificates.NOW - 9 * certificates.DAY,
                end=certificates.NOW - certificates.DAY,
            ),
            "certificate",
        ),
    ],
    ids=["other-name", "untrusted", "expired"],
)
def test_who_is_not_proved_gets_neither_mail_nor_password(
    node, smarthost, leaf, reason
):
    smarthost.show(leaf())
    node.apply(far.payload())
    _submit()
    node.waits(reason)
    assert smarthost.count() == 0


def test_smarthost_that_offers_no_tls_gets_nothing(node, smarthost, internet):
    """The far side's simple host knows neither STARTTLS nor AUTH."""
    node.apply(far.payload(smarthost="mx.elsewhere.test", port=25))
    _submit()
    node.waits("TLS")
    assert internet.count() == 0


def test_smarthost_without_tls_and_login(node, smarthost):
    node.apply(far.payload(tls="none", port=25, username=None, password=None))
    _submit()
    how, _ = smarthost.next_message()
    assert "tls= " in how


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("private.test", "none that may be reached"),
        ("metadata.test", "none that may be reached"),
        ("10.20.0.7", "none that may be reached"),
        ("127.0.0.1", "none that may be reached"),
        ("fd00::25", "none that may be reached"),
        ("nowhere.invalid", "has no address"),
        ("this-host.test", "local host"),
        ("192.0.2.53", "Connection refused"),
    ],
)
def test_smarthost_that_is_not_reached_keeps_the_mail(
    node, smarthost, internet, host, reason
):
    node.apply(far.payload(smarthost=host))
    _submit()
    node.waits(reason)
    assert internet.count() == 0


def test_private_smarthost_that_the_operator_allows_is_tried(node, smarthost):
    value = payloads.payload(
        more=far.way(smarthost="private.test"), send_networks=["10.20.0.0/16"]
    )
    node.apply(value)
    _submit()
    node.waits("unreachable|No route")


def test_change_and_removal_reach_mail_that_waits(node, smarthost, internet):
    node.apply(far.payload(smarthost="nowhere.invalid"))
    daemon = node.machine.daemon()
    _submit()
    node.waits("has no address")
    node.apply(far.payload())
    node.run_queue()
    smarthost.next_message()
    node.apply(far.payload(port=2))
    _submit()
    node.waits("Connection refused")
    node.apply(far.direct())
    node.run_queue()
    assert internet.next_message()[0]["recipients"] == [_BOB]
    assert node.machine.daemon() == daemon


def test_smarthost_comes_back(node, smarthost):
    node.apply(far.payload())
    smarthost.stop()
    _submit()
    node.waits("Connection refused")
    smarthost.start()
    node.machine.run_queue()
    smarthost.next_message()


def test_lost_text_never_sends_mail_past_the_smarthost(node, smarthost, internet):
    """What the node does not know any more stays as it was."""
    value = far.payload()
    node.apply(value)
    for path, _ in _files(node.machine.layout.documents_dir + "/outbound"):
        path.unlink()
    report = node.machine.fresh_node().converge(payloads.without_bulk(value))
    assert report.revision == ""
    _submit()
    smarthost.next_message()
    assert internet.count() == 0
    node.apply(far.direct())


def test_bad_documents_are_refused_and_change_nothing(node, smarthost):
    node.apply(far.payload())
    for changes in (
        {"smarthost": "a b"},
        {"smarthost": "smarthost.test:587"},
        {"smarthost": "smarthost.test."},
        {"smarthost": "${x}.test"},
        {"smarthost": "<;a.test"},
        {"smarthost": "::ffff:10.20.0.7"},
        {"password": "a\nb"},
        {"password": "a\0b"},
        {"port": 0},
        {"port": "587"},
        {"tls": "maybe"},
        {"tls": "none"},
        {"family": "ipv5"},
        {"address": "203.0.113.300"},
        {"more": 1},
    ):
        report = node.machine.node.converge(far.payload(**changes))
        assert report.status == "ERROR", changes
        assert "leaves" in report.reason
        assert all(str(one) not in report.reason for one in changes.values())
    _submit()
    smarthost.next_message()


@pytest.fixture
def addresses():
    """A node with a second IPv4 address and one of IPv6."""
    own = ("192.0.2.9/24", "2001:db8::9/64")
    for one in own:
        nodad = ["nodad"] if ":" in one else []
        command = ["ip", "address", "replace", one, "dev", "cable", *nodad]
        subprocess.run(command, check=True)
    yield
    for one in own:
        subprocess.run(["ip", "address", "delete", one, "dev", "cable"], check=True)


@pytest.mark.parametrize(
    ("host", "address"), [(far.NAME, "192.0.2.9"), (far.NAME6, "2001:db8::9")]
)
def test_source_address_is_the_chosen_one(node, smarthost, addresses, host, address):
    node.apply(far.payload(smarthost=host, address=address))
    _submit()
    how, _ = smarthost.next_message()
    assert f"from={address} " in how


def test_version_of_ip_is_the_chosen_one(node, smarthost, addresses):
    node.apply(far.direct(family="ipv4"))
    with pytest.raises(AssertionError, match=r"550|5\.1\.2"):
        _submit("bob@global6.test")
    node.apply(far.direct(family="ipv6"))
    with pytest.raises(AssertionError, match=r"550|5\.1\.2"):
        _submit()
    _submit("bob@global6.test")
    # Nobody listens there; that it was tried shows in the log.
    node.waits("bob@global6.test")
    node.apply(far.payload(family="ipv6"))
    _submit()
    waiting.until(lambda: "may be reached" in node.log(), "it waits")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "192.0.2.99"}, "does not have the address 192.0.2.99"),
        ({"family": "ipv6"}, "no public IPv6 address"),
    ],
)
def test_address_that_the_machine_lacks_is_told_and_mail_waits(
    node, smarthost, internet, changes, said
):
    report = node.machine.node.converge(far.direct(**changes))
    assert report.status == "ERROR"
    assert said in report.reason
    recipient = _BOB if "address" in changes else "bob@global6.test"
    _submit(recipient)
    node.waits(recipient)
    node.apply(far.direct())
    if recipient == _BOB:
        node.run_queue()
        internet.next_message()


def test_nothing_said_is_nothing_changed(node, smarthost):
    """A control plane that names no such collection leaves it as it was."""
    node.apply(far.payload())
    node.apply(payloads.payload())
    _submit()
    smarthost.next_message()
    empty = {"outbound": documents.spread({})}
    node.apply(payloads.payload(more=empty))
    assert node.machine.node.accepted().collections["outbound"] == {}
