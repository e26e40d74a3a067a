# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of web servers that are refused without a network."""

import ipaddress

import pytest

from exordos_mail.send.attachments import url
from exordos_mail.send.attachments.failures import PermanentFailure
from exordos_mail.send.attachments.policy import Policy

POLICY = Policy()


@pytest.mark.parametrize(
    "text",
    [
        "https://files.example/a.pdf?signature=x",
        "http://files.example:8080/",
        "https://b\u00fccher.example/\u00fc.pdf",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
    ],
)
def test_an_ordinary_address_is_taken(text: str) -> None:
    assert url.parse(text, POLICY).scheme in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "files.example/a",
        "file:///etc/passwd",
        "ftp://files.example/a",
        "gopher://files.example/",
        "http:///a",
        "http://",
        "https://user:secret@files.example/",
        "https://user@files.example/",
        "http://files.example:22/",
        "http://files.example:0/",
        "http://files.example:99999/",
        "http://files.example/\r\nX-A: b",
        "http://files.example/a b",
        "http://files.example\\@127.0.0.1/",
        "http://files.example/\x00",
        "http://" + "a" * 64 + ".example/",
        "http://[::1",
        "http://[::1%25lo]/",
    ],
)
def test_a_malformed_or_foreign_address_is_refused(text: str) -> None:
    with pytest.raises(PermanentFailure) as caught:
        url.parse(text, POLICY)
    assert "secret" not in caught.value.reason


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00:ec2::254]",
        "\uff11\uff12\uff17.0.0.1",
    ],
)
def test_a_host_that_is_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(PermanentFailure, match=r"not a public address|malformed"):
        url.parse(f"http://{host}/latest/meta-data/", POLICY)


def test_an_allowed_address_is_taken() -> None:
    policy = Policy(networks=(ipaddress.ip_network("127.0.0.1/32"),))
    assert url.name(url.parse("http://127.0.0.1/", policy)) == "127.0.0.1"


def test_a_redirect_is_judged_like_the_first_address() -> None:
    base = url.parse("https://files.example/dir/a", POLICY)
    assert str(url.join(base, "../b", POLICY)) == "https://files.example/b"
    for location in ("http://files.example/", "//127.0.0.1/", "file:///etc/passwd"):
        with pytest.raises(PermanentFailure):
            url.join(base, location, POLICY)


def test_an_origin_is_scheme_host_and_port() -> None:
    def origin(text: str) -> tuple[str, str, int]:
        return url.origin(url.parse(text, POLICY))

    assert origin("https://A.example/x") == origin("https://a.example:443/y")
    assert origin("https://a.example/") != origin("https://a.example:8443/")
    assert origin("https://a.example:8080/") != origin("http://a.example:8080/")
    assert origin("https://a.example/") != origin("https://b.a.example/")
