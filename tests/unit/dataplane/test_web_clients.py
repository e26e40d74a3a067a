# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mail programs are told, read with other readers than ours."""

import plistlib
import re
import typing as tp
from xml.etree import ElementTree

import pytest

from exordos_mail.dataplane.services.web.clients import (
    answers,
    apple,
    autoconfig,
    autodiscover,
    offered,
)

_HOST = "mx.example.net"
_NOW = offered.settings(_HOST)
_WITH_IMAP = offered.settings(_HOST, mailboxes=True)
_HOSTILE = "</domain><x a='\"&;]]>"
_NAMESPACE = re.compile(r"\{.*\}")


def _read(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)  # noqa: S314 our own
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
    return root


def _servers(text: str, tag: str) -> list[dict[str, tp.Any]]:
    return [{one.tag: one.text for one in found} for found in _read(text).iter(tag)]


def test_autoconfig_names_what_is_there():
    text = autoconfig.text(_NOW, "example.com")
    common = {
        "hostname": _HOST,
        "authentication": "password-cleartext",
        "username": "%EMAILADDRESS%",
    }
    assert _servers(text, "outgoingServer") == [
        {**common, "port": "465", "socketType": "SSL"},
        {**common, "port": "587", "socketType": "STARTTLS"},
    ]
    assert _servers(text, "incomingServer") == []
    with_imap = autoconfig.text(_WITH_IMAP, "example.com")
    assert _servers(with_imap, "incomingServer") == [
        {**common, "port": "993", "socketType": "SSL"},
        {**common, "port": "143", "socketType": "STARTTLS"},
    ]
    assert _read(text).findtext("emailProvider/domain") == "example.com"


def test_autodiscover_is_of_no_exchange():
    text = autodiscover.text(_WITH_IMAP, "alice@example.com")
    servers = _servers(text, "Protocol")
    assert [(one["Type"], one["Port"], one["Encryption"]) for one in servers] == [
        ("IMAP", "993", "SSL"),
        ("IMAP", "143", "TLS"),
        ("SMTP", "465", "SSL"),
        ("SMTP", "587", "TLS"),
    ]
    assert {one["LoginName"] for one in servers} == {"alice@example.com"}
    words = {one.tag for one in _read(text).iter()}
    assert not words & {"EwsUrl", "ASUrl", "OWAUrl", "RedirectAddr", "RedirectUrl"}


def test_autodiscover_names_no_login_that_it_does_not_know():
    """An empty one makes Thunderbird leave out the server."""
    for one in _servers(autodiscover.text(_NOW, ""), "Protocol"):
        assert "LoginName" not in one


def test_profile_is_that_of_one_address():
    made = apple.text(_WITH_IMAP, "alice", "example.com", ("one", "two"))
    read = plistlib.loads(made.encode())
    (mail,) = read["PayloadContent"]
    assert (read["PayloadUUID"], mail["PayloadUUID"]) == ("one", "two")
    assert read["PayloadIdentifier"] == f"{_HOST}.alice.example.com"
    for direction, port in (("Incoming", 993), ("Outgoing", 465)):
        found = {
            name: mail[f"{direction}MailServer{name}"]
            for name in ("HostName", "PortNumber", "UseSSL", "Username")
        }
        assert found == {
            "HostName": _HOST,
            "PortNumber": port,
            "UseSSL": True,
            "Username": "alice@example.com",
        }
    assert not [name for name in mail if name.endswith("ServerPassword")]


def test_there_is_no_profile_without_incoming_mail():
    """Devices refuse one that names no server for it."""
    assert answers.answers(_NOW).profile is None
    assert answers.answers(_WITH_IMAP).profile is not None


def test_hostile_text_stays_text():
    hostile = offered.settings(_HOSTILE, mailboxes=True)
    text = autoconfig.text(hostile, _HOSTILE)
    assert _read(text).findtext("emailProvider/domain") == _HOSTILE
    servers = _servers(autodiscover.text(hostile, _HOSTILE), "Protocol")
    assert {one["LoginName"] for one in servers} == {_HOSTILE}
    profile = apple.text(hostile, _HOSTILE, _HOSTILE, (_HOSTILE, _HOSTILE))
    assert plistlib.loads(profile.encode())["PayloadUUID"] == _HOSTILE


def test_answer_is_one_parameter_of_nginx():
    assert answers.quoted("a'b\\c\n;}") == "'a\\'b\\\\c\n;}'"
    for answer in answers.answers(_WITH_IMAP):
        inner = answer[1:-1].replace("\\'", "")
        assert "'" not in inner
        # Nothing else than what is meant is filled in.
        assert set(re.findall(r"\$\{?(\w*)", inner)) <= {
            "mail_domain",
            "mail_local",
            "login_name",
            "profile_uuid",
            "payload_uuid",
        }


def test_longest_answer_is_read_by_nginx():
    longest = ".".join(["x" * 63] * 3 + ["x" * 61])
    for mailboxes in (False, True):
        settings = offered.settings(longest, mailboxes)
        assert all(answers.answers(settings)[:3])
    with pytest.raises(ValueError, match="too long for nginx"):
        answers.quoted("x" * 5000)
