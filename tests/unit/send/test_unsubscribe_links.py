# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Links to unsubscribe: what they say, and that nobody else makes one."""

import base64

import click
import pytest

from exordos_mail.send import vault
from exordos_mail.send.content import message, render
from exordos_mail.send.storage import sealed, secrets_keys
from exordos_mail.send.unsubscribe import link_keys, links, public_url
from exordos_mail.send.unsubscribe.links import Links, NotOurs, Subscription
from tests.unit.send import memory_database
from tests.unit.send.chosen import chosen

_KEY, _OTHER = b"k" * links.KEY_BYTES, b"o" * links.KEY_BYTES
_ID = "0198c0de-0000-7000-8000-000000000001"
ANN = Subscription("shop", _ID, "ann@example.net")
OURS = Links([_KEY], "https://send.example.com")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize(
    "found",
    [
        ANN,
        ANN._replace(recipient="Größe@bücher.example"),
        ANN._replace(recipient='"a\\"b c/?#&"@example.net'),
        ANN._replace(tenant_id="t" * 63, recipient="a" * 64 + "@" + "b" * 189),
    ],
)
def test_link_says_who_it_is_for_and_shows_nobody(found: Subscription) -> None:
    token = OURS.token(found)
    assert OURS.read(token) == found
    assert set(token) <= set(_LETTERS)
    assert len(token) <= links.TOKEN_MAX
    octets = base64.urlsafe_b64decode(token + "==")
    for part in (found.tenant_id, found.recipient, found.recipient.split("@")[1]):
        assert part.encode() not in octets
    # Each attempt of a message sends the same octets.
    assert token == OURS.token(found)


def test_every_change_of_a_link_is_noticed() -> None:
    token = OURS.token(ANN)
    wrong = [token[:end] for end in range(len(token))]
    wrong += [token + "A", token + "=", token + "\n", " " + token, token[:40] + "." * 9]
    wrong += ["A" * 100_000, "é" * 40, "\0" * 50, "=" * 50, token.swapcase()]
    for at, letter in enumerate(token):
        wrong += [
            token[:at] + one + token[at + 1 :] for one in _LETTERS if one != letter
        ]
    for one in wrong:
        with pytest.raises(NotOurs):
            OURS.read(one)


def test_another_key_makes_no_link_of_ours_and_a_new_one_reads_the_old() -> None:
    with pytest.raises(NotOurs):
        OURS.read(Links([_OTHER], None).token(ANN))
    both = Links([_OTHER, _KEY], None)
    assert both.read(OURS.token(ANN)) == both.read(both.token(ANN)) == ANN
    assert both.token(ANN) != OURS.token(ANN)


def test_longest_link_fits_into_a_line() -> None:
    longest = ANN._replace(tenant_id="t" * 63, recipient="a" * 64 + "@" + "b" * 189)
    base = public_url.check("https://" + "h" * (public_url.URL_MAX - 8))
    link = links.url(base, OURS.token(longest))
    content = message.Content(("", "a@example.com"), text="Hi")
    sent = render.render(content, _ID, 0, (), link)
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in sent
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in sent
    assert max(map(len, sent.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://send.example.com", "https://send.example.com"),
        ("https://send.example.com/", "https://send.example.com"),
        ("https://[2001:db8::1]:8443/mail/api", "https://[2001:db8::1]:8443/mail/api"),
    ],
)
def test_public_url(text: str, found: str) -> None:
    assert chosen(f"--public-url={text}").public_url == found
    assert chosen().public_url is None


@pytest.mark.parametrize(
    "text",
    [
        *("http://send.example.com", "send.example.com", "https://", "https:///x"),
        *(
            "https://a b",
            "https://a>b",
            "https://a\r\nX: y",
            "https://a?b",
            "https://a#b",
        ),
        *("https://user@a", "https://größe.example", "https://" + "a" * 300),
        *("https://a/x\n", "https://a//b", "https://-a"),
    ],
)
def test_public_url_that_is_none_is_told(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write https://host"):
        chosen(f"--public-url={text}")


def test_key_stays_when_the_key_of_secrets_changes() -> None:
    old, new = vault.Vault(b"1" * 32), vault.Vault(b"2" * 32)
    with memory_database.transaction() as tx:

        def start(secrets: vault.Vault, now: int) -> list[bytes]:
            secrets_keys.adopt(tx, secrets, now)
            return link_keys.adopt(tx, secrets, now)

        first = start(old, 1)
        both = vault.Vault(b"2" * 32, b"1" * 32)
        assert start(old, 2) == start(both, 3) == first
        assert sealed.reseal(tx, both) == 1
        secrets_keys.keep_first(tx, both, 4)
        assert start(new, 5) == first
        # `secrets-key forget`: the key is lost, and with it the links.
        lost = vault.Vault(b"3" * 32)
        secrets_keys.keep_first(tx, lost, 6)
        others = start(lost, 7)
        assert others != first
        assert start(lost, 8) == others
