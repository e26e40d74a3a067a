# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail to domains with MTA-STS policies (RFC 8461), from the policy to the delivery."""

import contextlib
import http.server
import ssl
import threading
import typing as tp

import pytest

from tests import lab
from tests.integration.exim_lab import node as node_lib
from tests.integration.exim_lab import remote as remote_lib

_GOOD, _WRONG, _DANE = "192.0.2.51", "192.0.2.52", "192.0.2.53"
_WEB = "192.0.2.60"
#: Each domain: its host's address, mode and hosts of its policy, how its host is named.
_DOMAINS = {
    "good": (_GOOD, "enforce", "mx.good.example.com"),
    "wild": (_GOOD, "enforce", "*.wild.example.com"),
    "deep": (_GOOD, "enforce", "*.example.com"),
    "othermx": (_GOOD, "enforce", "mail.othermx.example.com"),
    "wrong": (_WRONG, "enforce", "mx.wrong.example.com"),
    "later": (_WRONG, "enforce", "mx.later.example.com"),
    "shared": (_WRONG, "enforce", "mx.wrong.example.com"),
    "testing": (_WRONG, "testing", "mx.testing.example.com"),
    "none": (_WRONG, "", ""),
    "hostile": (_GOOD, "enforce", "mx.hostile.example.com|${run{/bin/false}}"),
    "dane": (_DANE, "enforce", "mail.dane.example.com"),
}


class _Policies:
    """The host of all policies."""

    def __init__(self, pair: tp.Any, home: tp.Any) -> None:
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = home / "policies.pem"
        path.write_text(pair.key + pair.chain)
        self._context.load_cert_chain(path)

    @contextlib.contextmanager
    def running(self, net: lab.Internet) -> tp.Iterator[None]:
        policies = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host = str(self.headers["Host"])
                policies.asked.append(host)
                content = policies.texts[host].encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        with net.entered():
            server = http.server.ThreadingHTTPServer((_WEB, 443), Handler)
        server.socket = self._context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


class World:
    """Domains, their hosts, and their policies."""

    def __init__(self, net: lab.Internet, node: node_lib.Node) -> None:
        self.net, self.node = net, node
        authority, foreign = lab.Authority(), lab.Authority()
        node.trust(authority.pem)
        self.hosts = remote_lib.Remote(net, (_GOOD, _WRONG, _DANE))
        names = [f"mx.{one}.example.com" for one in _DOMAINS]
        self.hosts.show(_GOOD, authority.issue(*names))
        self.hosts.show(_WRONG, foreign.issue(*names))
        pair = foreign.issue(*names)
        self.hosts.show(_DANE, pair)
        net.set("_25._tcp.mx.dane.example.com", "TLSA", [remote_lib.tlsa(pair)])
        hosts = [f"mta-sts.{one}.example.com" for one in _DOMAINS]
        self.policies = _Policies(authority.issue(*hosts), net.home)
        for name, (address, mode, mx) in _DOMAINS.items():
            domain = f"{name}.example.com"
            host = "mx.wrong.example.com" if name == "none" else f"mx.{domain}"
            host = "mx.wrong.example.com" if name == "shared" else host
            net.set(domain, "MX", [f"10 {host}."])
            net.set(f"mx.{domain}", "A", [address])
            if mode:
                self.tell(domain, mode, mx)

    def tell(self, domain: str, mode: str, mx: str, number: int = 1) -> None:
        """Publish a policy."""
        hosts = f"mx: {mx}\r\n" if mx else ""
        text = f"version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: 86400\r\n"
        self.policies.texts[f"mta-sts.{domain}"] = text
        self.net.set(f"mta-sts.{domain}", "A", [_WEB])
        self.net.set(f"_mta-sts.{domain}", "TXT", [f"v=STSv1; id={number};"])

    def arrives(self, recipient: str) -> str:
        """Send a message and return the line that says that it was taken."""
        return str(self.node.ends(self.node.submit(recipient), f"=> {recipient}"))

    def waits(self, recipient: str, *words: str) -> str:
        """Send a message, find it put off, and return its id."""
        return self.waits_for([recipient], *words)

    def waits_for(self, recipients: list[str], *words: str) -> str:
        """Send a message to several, find it put off, and return its id."""
        message = str(self.node.submit(*recipients))
        for recipient in recipients:
            self.node.ends(message, f"== {recipient}", *words)
            assert not self.hosts.arrived(recipient)
        return message


@pytest.fixture(scope="module")
def world(net: lab.Internet, node: node_lib.Node) -> tp.Iterator[World]:
    """All of it, running."""
    world = World(net, node)
    with world.hosts.running():
        yield world


@pytest.fixture
def web(world: World) -> tp.Iterator[_Policies]:
    """The host of the policies is there."""
    with world.policies.running(world.net):
        yield world.policies


@pytest.mark.parametrize("name", ["good", "wild"])
def test_enforced_policy_is_kept(world: World, web: _Policies, name: str) -> None:
    assert "CV=yes" in world.arrives(f"bob@{name}.example.com")
    assert f"mta-sts.{name}.example.com" in web.asked


def test_certificate_of_nobody_whom_we_know(world: World, web: _Policies) -> None:
    world.waits("bob@wrong.example.com", "certificate")


@pytest.mark.parametrize("name", ["othermx", "deep"])
def test_host_that_is_not_in_the_policy(
    world: World, web: _Policies, name: str
) -> None:
    world.waits(f"bob@{name}.example.com", "is in its MTA-STS policy")


def test_policy_that_names_no_hosts_is_not_read(world: World, web: _Policies) -> None:
    world.waits("bob@hostile.example.com", "cannot be asked for")
    assert "hostile.example.com|" not in world.node.log()


def test_policy_on_trial_holds_nothing_up(world: World, web: _Policies) -> None:
    assert "CV=no" in world.arrives("bob@testing.example.com")


def test_dane_comes_first(world: World, web: _Policies) -> None:
    assert "CV=dane" in world.arrives("bob@dane.example.com")


def test_domain_without_a_policy_shares_no_connection(
    world: World, web: _Policies
) -> None:
    free, bound = "amy@none.example.com", "amy@shared.example.com"
    message = world.node.submit(free, bound)
    world.node.ends(message, f"=> {free}")
    world.node.ends(message, f"== {bound}")
    assert world.hosts.arrived(free) and not world.hosts.arrived(bound)


def test_policy_outlives_its_host_and_the_daemon(world: World) -> None:
    with world.policies.running(world.net):
        world.waits("early@later.example.com")
    world.node.age("later.example.com", 100)
    world.node.renew("mta_sts")
    message = world.waits("late@later.example.com")
    # Another policy counts when its id is another one.
    with world.policies.running(world.net):
        world.tell("later.example.com", "none", "", number=2)
        world.node.age("later.example.com", 100)
        world.node.retry(message)
        world.node.ends(message, "=> late@later.example.com")


@pytest.mark.parametrize("how", ["freeze", "kill"])
def test_daemon_that_is_away_comes_back_and_nothing_is_lost(
    world: World, web: _Policies, resolver: dict[str, tp.Any], how: str
) -> None:
    # One process of exim asks for both domains.
    node, recipients = (
        world.node,
        [f"{how}@{one}.example.com" for one in ("good", "wild")],
    )
    getattr(node, how)("mta_sts")
    message = world.waits_for(recipients, "MTA-STS policy")
    assert "the MTA-STS daemon does not" in node.observe()[1]
    assert node.apply({"resolver": resolver}) == ["ACTIVE", ""]
    node.retry(message)
    for recipient in recipients:
        node.ends(message, f"=> {recipient}")


def test_none_of_it_is_a_fault_to_exim(world: World) -> None:
    assert world.node.faults() == ""
