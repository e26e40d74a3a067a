# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node's nginx tells mail programs and senders, domain by domain."""

import contextlib
import http.client
import pathlib
import plistlib
import ssl
import typing as tp
from xml.etree import ElementTree

import pytest

from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import render
from exordos_mail.dataplane.services.web.clients import offered
from exordos_mail.protocol import documents
from exordos_mail.standards import mta_sts
from tests.integration.exim import far_gateway, payloads, send_node, waiting
from tests.integration.exim.send_node import settles, want

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_PATHS = paths_lib.Paths()
_SECOND = "second.example"
_POLICY = mta_sts.Policy("testing", ("mail.example.com",), 86400)
_MAIL, _WELL_KNOWN = (
    "/mail/config-v1.1.xml",
    "/.well-known/autoconfig/mail/config-v1.1.xml",
)
_OUTLOOK = "/autodiscover/autodiscover.xml"
_PROFILE = "/mail.mobileconfig?emailaddress="
_POLICY_PATH = "/.well-known/mta-sts.txt"
_REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook\
/requestschema/2006">
 <Request>
  <EMailAddress>{}</EMailAddress>
 </Request>
</Autodiscover>"""

Domains = tp.Mapping[str, mta_sts.Policy | None]


class Answer(tp.NamedTuple):
    """What nginx says."""

    status: int
    kind: str
    body: bytes

    @property
    def texts(self) -> dict[str, list[str]]:
        """Return the texts of an XML document by the name of their element."""
        found: dict[str, list[str]] = {}
        for one in ElementTree.fromstring(self.body).iter():  # noqa: S314 our own
            name = one.tag.rpartition("}")[2]
            found.setdefault(name, []).append(one.text or "")
        return found


def _ask(
    host: str, path: str, body: tp.Any = None, tls: bool = True, **headers: str
) -> Answer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = (
        http.client.HTTPSConnection("127.0.0.1", 443, timeout=10, context=context)
        if tls
        else http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    )
    with contextlib.closing(connection):
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Host": host, **headers})
        answer = connection.getresponse()
        kind = answer.headers.get("Content-Type", "")
        return Answer(answer.status, kind, answer.read())


def _more(domains: Domains, **changes: tp.Any) -> dict[str, dict[str, str]]:
    named = {one: {"enabled": True, "primary": False, **changes} for one in domains}
    policies = {one: {"policy": of.text} for one, of in domains.items() if of}
    return {
        "domains": documents.spread(named),
        "policies": documents.spread(policies),
    }


def _serve(agent: tp.Any, far: tp.Any, domains: Domains, generation: int = 2) -> None:
    want(agent, far, [payloads.document()], generation, more=_more(domains))
    settles(agent)


@pytest.fixture
def two(agent, far, machine):
    """A node with a second domain, which has a policy; without a reload."""
    machine.web.orders.clear()
    _serve(agent, far, {payloads.DOMAIN: None, _SECOND: _POLICY})
    assert machine.web.orders == []
    return agent


def test_settings_for_thunderbird(two):
    for host, path, domain in (
        (f"autoconfig.{payloads.DOMAIN}", _MAIL, payloads.DOMAIN),
        (f"autoconfig.{_SECOND}", _MAIL, _SECOND),
        (f"Autoconfig.{_SECOND.upper()}.", f"{_MAIL}?emailaddress=a%40b", _SECOND),
        (_SECOND, _WELL_KNOWN, _SECOND),
        (payloads.DOMAIN, _WELL_KNOWN, payloads.DOMAIN),
    ):
        for tls in (False, True):
            answer = _ask(host, path, tls=tls)
            assert (answer.status, answer.kind) == (200, "application/xml")
            assert answer.texts["domain"] == [domain]
            assert answer.texts["hostname"] == [payloads.DOMAIN] * 2
            assert answer.texts["username"] == ["%EMAILADDRESS%"] * 2
            assert answer.texts["port"] == ["465", "587"]


_NOT_OURS = (
    "autoconfig.elsewhere.test",
    "autoconfig.autoconfig.second.example",
    "www.second.example",
    "autoconfig.",
    "autoconfig..",
    "-",
    ".",
    "..",
    "autoconfig.../policies",
    'x"><script>',
    "xn--\u00e9",
)


def test_hosts_that_are_not_ours_have_no_settings(two):
    for host in _NOT_OURS:
        for path in (_MAIL, _WELL_KNOWN, _POLICY_PATH, _OUTLOOK):
            answer = _ask(host.encode().decode("latin-1"), path)
            assert answer.status in (400, 404), (host, path)


def test_settings_for_outlook(two):
    login = f"Alice.B_1+x-y@{_SECOND}"
    for host in (_SECOND, f"autodiscover.{_SECOND}"):
        for path in (_OUTLOOK, "/Autodiscover/Autodiscover.xml", _OUTLOOK.upper()):
            answer = _ask(host, path, _REQUEST.format(f"\n {login} "))
            assert (answer.status, answer.kind) == (200, "application/xml")
            assert answer.texts["LoginName"] == [login] * 2
            assert answer.texts["Server"] == [payloads.DOMAIN] * 2
            assert answer.texts["Type"] == ["SMTP"] * 2


_NO_ADDRESS = (
    None,
    "",
    "<EMailAddress></EMailAddress>",
    _REQUEST.format("</LoginName><x>@second.example"),
    _REQUEST.format("&lt;x&gt;@second.example"),
    _REQUEST.format("a\r\nX-Mail-Address: b@second.example"),
    _REQUEST.format("$host@second.example"),
    _REQUEST.format("a@" + "x" * 254),
    "<EMailAddress>" + " " * 15_000,
    "<EMailAddress>" * 1_100,
    b"\0\xff\xfe<EMailAddress>",
)


def test_what_is_no_address_is_not_repeated(two):
    """The login is left out; no header of the client counts for one."""
    for body in _NO_ADDRESS:
        answer = _ask(_SECOND, _OUTLOOK, body, **{"X-Mail-Address": "a@b.c"})
        assert answer.status == 200
        assert "LoginName" not in answer.texts, body


def test_large_request_of_outlook(two):
    assert _ask(_SECOND, _OUTLOOK, "x" * 20_000).status == 413
    assert _ask(_SECOND, _OUTLOOK, iter([b"x" * 1000] * 20)).status == 413
    address = _REQUEST.format(f"a@{_SECOND}").encode()
    answer = _ask(_SECOND, _OUTLOOK, iter([address[:300], address[300:]]))
    assert answer.texts["LoginName"] == [f"a@{_SECOND}"] * 2


def test_nothing_looks_like_an_exchange(two):
    """Nor is anybody asked for a password or sent elsewhere."""
    host = f"autodiscover.{_SECOND}"
    for path in (
        "/autodiscover/autodiscover.json?Email=a%40x.example&Protocol=ActiveSync",
        "/autodiscover/autodiscover.json/v1.0/a@x.example?Protocol=EWS",
        "/autodiscover/autodiscover.svc",
        "/Microsoft-Server-ActiveSync",
        "/EWS/Exchange.asmx",
        f"{_PROFILE}a%40{_SECOND}",
    ):
        assert _ask(_SECOND, path).status == 421
        assert _ask(payloads.DOMAIN, path).status == 404
    assert _ask(host, _OUTLOOK, tls=False).status == 404


def test_policy_is_that_of_the_domain(two):
    answer = _ask(f"mta-sts.{_SECOND}", _POLICY_PATH)
    assert (answer.status, answer.kind) == (200, "text/plain")
    assert answer.body == _POLICY.text.encode()
    for host in (f"mta-sts.{payloads.DOMAIN}", _SECOND, f"autoconfig.{_SECOND}"):
        assert _ask(host, _POLICY_PATH).status == 404
    assert _ask(f"mta-sts.{_SECOND}", _POLICY_PATH, tls=False).status == 404
    assert _ask(f"mta-sts.{_SECOND}", f"/policies/{_SECOND}").status == 421


def test_change_of_domains_and_policies_needs_no_reload(two, far, machine):
    enforced = mta_sts.Policy("enforce", ("mail.example.com",), 604800)
    _serve(two, far, {_SECOND: enforced, "third.example": None}, 3)
    assert machine.web.orders == []
    assert _ask(f"mta-sts.{_SECOND}", _POLICY_PATH).body == enforced.text.encode()
    assert _ask("autoconfig.third.example", _MAIL).status == 200
    assert _ask(f"autoconfig.{payloads.DOMAIN}", _MAIL).status == 404
    _serve(two, far, {"third.example": None}, 4)
    assert _ask(f"mta-sts.{_SECOND}", _POLICY_PATH).status == 404
    assert machine.web.orders == []


def test_disabled_domain_has_no_settings(two, far):
    more = _more({_SECOND: _POLICY}, enabled=False)
    want(two, far, [payloads.document()], 3, more=more)
    settles(two)
    assert _ask(f"autoconfig.{_SECOND}", _MAIL).status == 404


def test_policy_that_is_none_is_not_served(two, far):
    more = _more({_SECOND: None})
    more["policies"] = documents.spread({_SECOND: {"policy": "version: STSv1\r\n"}})
    want(two, far, [payloads.document()], 3, more=more)
    two.look()
    assert "the policy of a domain: a policy has one line" in two.status()[1]
    assert _ask(f"mta-sts.{_SECOND}", _POLICY_PATH).body == _POLICY.text.encode()


def test_damaged_file_is_repaired(two, machine):
    for name in ("domains/x", "policies/x", f"policies/{_SECOND}"):
        path = pathlib.Path(_PATHS.data_dir, name)
        before = path.read_bytes() if path.exists() else None
        path.write_text("nonsense")
        assert machine.fresh_node().observe().revision == ""
        two.restart()
        settles(two)
        assert (path.read_bytes() if path.exists() else None) == before


def test_domains_without_tenants(two, far):
    """Then there is no send API, and all else."""
    want(two, far, [], 3, more=_more({_SECOND: _POLICY}))
    settles(two)
    assert _ask(f"autoconfig.{_SECOND}", _MAIL).status == 200
    assert _ask(payloads.DOMAIN, "/v1/messages").status == 404
    want(two, far, [payloads.document()], 4, more=_more({_SECOND: _POLICY}))
    settles(two)
    assert send_node.send() == 202


def test_profile_for_apple(two, far, machine, monkeypatch):
    """There is one as soon as there is something for incoming mail."""
    genuine = offered.settings
    monkeypatch.setattr(offered, "settings", lambda host, _: genuine(host, True))
    render.configuration.cache_clear()
    waiting.until(lambda: two.status() == ("ACTIVE", ""), "settled", 30)
    try:
        answer = _ask(_SECOND, f"{_PROFILE}alice+x%40{_SECOND}")
        assert answer.kind == "application/x-apple-aspen-config"
        profile = plistlib.loads(answer.body)
        (mail,) = profile["PayloadContent"]
        assert mail["EmailAddress"] == f"alice+x@{_SECOND}"
        assert len(profile["PayloadUUID"]) == len(mail["PayloadUUID"]) == 36
        assert profile["PayloadUUID"] != mail["PayloadUUID"]
        for bad in ("", "alice", "a%3Cb%40x.example", "$host@x.example"):
            assert _ask(_SECOND, _PROFILE + bad).status == 404
        texts = _ask(_SECOND, _WELL_KNOWN).texts
        assert texts["port"] == ["993", "143", "465", "587"]
    finally:
        monkeypatch.undo()
        render.configuration.cache_clear()
