# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How mail leaves: the rules, what the node takes, and what exim looks up."""

import pytest

from exordos_mail.dataplane.engine import cdb, layout, outbound, spec
from exordos_mail.dataplane.services.exim import outbound as exim_outbound
from exordos_mail.standards import rule, smarthost

_LAYOUT = layout.Layout()
_WAY = {
    "smarthost": "smtp.example.net",
    "port": 587,
    "tls": "starttls",
    "username": "shop",
    "password": "a secret",
    "family": "any",
    "address": None,
    "return_path": "sender",
}


def _way(**changes):
    return outbound.parse({"outbound": {**_WAY, **changes}})


@pytest.mark.parametrize(
    "host",
    ["smtp.example.net", "xn--mnchen-3ya.test", "192.0.2.1", "2001:db8::1", "a.b-c.de"],
)
def test_hosts_that_may_be_a_smarthost(host):
    assert smarthost.check_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "smtp.example.net.",
        "SMTP.example.net",
        "smtp.example.net:587",
        "[192.0.2.1]",
        "192.0.2.1:25",
        "2001:DB8::1",
        "2001:db8:0::1",
        "::ffff:192.0.2.1",
        "fe80::1%eth0",
        "127.1",
        "0x7f.1",
        "münchen.test",
        "a b.test",
        "a.test\n",
        "a.test\0",
        "${x}.test",
        "$host.test",
        "*.test",
        "a;b.test",
        "a:b.test",
        "a_b.test/",
        "a" * 64 + ".test",
        "a." * 127 + "toolong",
        None,
        1,
    ],
)
def test_hosts_that_may_not(host):
    with pytest.raises(rule.RuleError) as error:
        smarthost.check_host(host)
    assert not host or str(host) not in str(error.value)


_OWN = ("mail.example.com", "203.0.113.7", "2001:db8::7")


@pytest.mark.parametrize(
    "host",
    [
        "smtp.localhost",
        "localhost.localdomain",
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 no listener
        "0.1.2.3",
        "::",
        "::1",
        *_OWN,
    ],
)
def test_the_machine_is_no_smarthost_of_its_own(host):
    with pytest.raises(rule.RuleError, match="another machine"):
        smarthost.check_elsewhere(host, _OWN)


@pytest.mark.parametrize(
    "host",
    [
        "smtp.example.com",
        "localhost.example.com",
        "notlocalhost",
        "128.0.0.1",
        "10.0.0.1",
        "::2",
        "2001:db8::8",
        "203.0.113.8",
    ],
)
def test_other_machines_are(host):
    smarthost.check_elsewhere(host, _OWN)


@pytest.mark.parametrize("address", ["203.0.113.9", "10.1.2.3", "2001:db8::9"])
def test_source_addresses(address):
    assert smarthost.check_source(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 no listener
        "224.0.0.1",
        "169.254.1.1",
        "::",
        "::1",
        "fe80::1",
        "ff02::1",
        "203.0.113.9/32",
        " 203.0.113.9",
        "mail.test",
        "",
        None,
        9,
    ],
)
def test_no_source_addresses(address):
    with pytest.raises(rule.RuleError):
        smarthost.check_source(address)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"username": None, "password": None}, None),
        ({"username": None}, "smarthost_password"),
        ({"password": None}, "smarthost_password"),
        ({"smarthost": None}, "smarthost"),
        ({"smarthost": None, "username": None, "password": None}, None),
        ({"tls": "none"}, "smarthost_tls"),
        ({"tls": "none", "username": None, "password": None}, None),
        ({"port": 465}, "smarthost_tls"),
        ({"port": 465, "tls": "implicit"}, None),
        ({"address": "203.0.113.9", "family": "ipv6"}, "outbound_family"),
        ({"address": "203.0.113.9", "family": "ipv4"}, None),
        ({"address": "2001:db8::9"}, None),
    ],
)
def test_fields_that_do_not_fit_each_other(changes, field):
    found = smarthost.fault(smarthost.Way(**{**_WAY, **changes}))
    assert (found and found[0]) == field


def test_password_is_in_no_text():
    assert "a secret" not in repr(_way())


@pytest.mark.parametrize(
    "documents",
    [
        {"outbound": None},
        {"outbound": {}},
        {"other": _WAY},
        {"outbound": {**_WAY, "more": 1}},
        {"outbound": {**_WAY, "port": True}},
        {"outbound": {**_WAY, "port": 65536}},
        {"outbound": {**_WAY, "tls": ["starttls"]}},
        {"outbound": {**_WAY, "family": None}},
        {"outbound": {**_WAY, "password": "a\nb"}},
        {"outbound": {**_WAY, "smarthost": "a:b"}},
        {"outbound": {**_WAY, "username": None}},
    ],
)
def test_node_refuses_what_breaks_a_rule(documents):
    with pytest.raises(spec.SpecError, match="leaves") as error:
        outbound.parse(documents)
    assert "a secret" not in str(error.value)


def _rows(**changes):
    tree = exim_outbound.tree(_way(**changes), _LAYOUT)
    file = tree[_LAYOUT.outbound_cdb].make()
    assert (file.owner, file.group, file.mode) == ("root", "Debian-exim", 0o640)
    unused = tree[_LAYOUT.unused].make().content.decode()
    rows = {key.decode(): value.decode() for key, value in cdb.items(file.content)}
    return rows, unused


@pytest.mark.parametrize(
    ("host", "port", "hosts"),
    [
        ("smtp.example.net", 587, "<;smtp.example.net:587"),
        ("192.0.2.1", 25, "<;[192.0.2.1]:25"),
        ("2001:db8::25", 2525, "<;[2001:db8::25]:2525"),
    ],
)
def test_hosts_as_exim_reads_them(host, port, hosts):
    assert _rows(smarthost=host, port=port)[0]["hosts"] == hosts


@pytest.mark.parametrize(
    ("username", "password", "sent", "mechanisms"),
    [
        ("shop", "a^b^^", ("shop", "a^^b^^^^"), "plain:login"),
        ("shop", "^a", ("shop", "^^a"), "login"),
        ("^shop", "a", ("^^shop", "a"), "login"),
        ("sh^op^", "${a}$b", ("sh^^op^^", "${a}$b"), "plain:login"),
    ],
)
def test_credentials_as_client_send_reads_them(username, password, sent, mechanisms):
    rows, _ = _rows(username=username, password=password)
    assert (rows["username"], rows["password"]) == sent
    assert rows["mechanisms"] == mechanisms


def test_nothing_is_looked_up_where_nothing_is_said():
    way = outbound.parse({})
    assert way == smarthost.Way()
    tree = exim_outbound.tree(way, _LAYOUT)
    assert list(cdb.items(tree[_LAYOUT.outbound_cdb].make().content)) == []
    assert tree[_LAYOUT.unused].make().content == b""


@pytest.mark.parametrize(
    ("changes", "unused"),
    [
        ({}, ""),
        ({"family": "ipv4"}, "::/0\n"),
        ({"family": "ipv6"}, "0.0.0.0/0\n"),
        # Mail that must come from one address does not leave by another.
        ({"address": "203.0.113.9"}, "::/0\n"),
        ({"address": "2001:db8::9"}, "0.0.0.0/0\n"),
    ],
)
def test_version_of_ip_that_is_not_used(changes, unused):
    rows, found = _rows(**changes)
    assert found == unused
    assert ("ipv6" in rows) == (unused == "0.0.0.0/0\n")


def test_failures_are_forgotten_without_following_links(tmp_path):
    """exim may write below its spool; the agent is root."""
    spool, elsewhere = tmp_path / "var/spool/exim4", tmp_path / "elsewhere"
    spool.mkdir(parents=True)
    elsewhere.mkdir()
    node = layout.Layout(root=tmp_path)
    exim_outbound.forget_failures(node)
    (elsewhere / "retry").touch()
    (spool / "db").symlink_to(elsewhere)
    exim_outbound.forget_failures(node)
    assert (elsewhere / "retry").exists()
    (spool / "db").unlink()
    (spool / "db").mkdir()
    (spool / "db/retry").touch()
    (spool / "db/ratelimit").touch()
    exim_outbound.forget_failures(node)
    assert [one.name for one in (spool / "db").iterdir()] == ["ratelimit"]
