# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Usernames, domains and passwords that are refused, with the rule in the text."""

import secrets

import pytest

from tests.functional import api as api_module
from tests.functional import openssl, resources, waiting

USERNAMES = {
    "colon": "a:b",
    "newline": "a\nb",
    "last-newline": "alice\n",
    "carriage-return": "a\rb",
    "nul": "a\0b",
    "space": "a b",
    "at": "a@b",
    "upper-case": "Alice",
    "non-ascii": "älice",
    "homoglyph": "\u0430lice",
    "65-octets": "a" * 65,
    "empty": "",
    "dots": "a..b",
    "slash": "../passwd",
    "expansion": "${run{/bin/true}}",
    "star": "*",
}
DOMAINS = {
    "upper-case": "Example.COM",
    "two-dots": "a..b",
    "trailing-dot": "example.com.",
    "newline": "example.com\n",
    "inner-newline": "example.com\nroot.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "literal": "[192.0.2.1]",
    "254-octets": ".".join(["a" * 49] * 5) + ".comm",
    "long-label": "a" * 64 + ".com",
    "empty": "",
    "one-label": "localhost",
    "space": "exam ple.com",
    "nul": "exa\0mple.com",
    "underscore-hyphen": "-a.example.com",
    "non-ascii": "exämple.com",
    "expansion": "${run{id}}.com",
    "slash": "../../etc.com",
    "colon": "a:b.com",
}
CANONICAL = {"upper-case": "example.com", "trailing-dot": "example.com"}
GOOD_HASH = (
    "$6$abcdefgh12345678$ell4nHJ28gzVJSf/YKgI2wTZAZyekzciIxvhMicYM2IzS11q"
    "MQtNKn8MuvFF5doMhcb31AGAsio7uVrmaPwXz0"
)
HASHES = {
    "plain-text": "not a hash at all",
    "cut-off": GOOD_HASH[:-1],
    "too-long": GOOD_HASH + "x",
    "newline": GOOD_HASH + "\n",
    "second-line": GOOD_HASH + "\nmallory@example.com:x",
    "colon": GOOD_HASH + ":x",
    "unknown-scheme": "$9$" + GOOD_HASH[3:],
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaa",
    "star": "*",
    "bang": "!" + GOOD_HASH,
    "empty": "",
    "wrong-prefix": "{PLAIN}secret",
    "prefix-of-another-scheme": "{MD5-CRYPT}" + GOOD_HASH,
    "expansion": "${run{/bin/true}}",
}


@pytest.mark.parametrize("case", USERNAMES)
def test_bad_username_is_400_with_the_rule(
    api: api_module.Api, instance: resources.Instance, case: str
) -> None:
    before = api.list(instance.accounts, page_limit=1000)
    body = api.account_body(instance.uuid, username=USERNAMES[case])
    answer = api.call("POST", instance.accounts, json=body)
    assert answer.status_code == 400, api_module.describe(answer)
    assert "username" in answer.json()["message"]
    assert "64" in answer.json()["message"], "the rule is in the text"
    assert api.list(instance.accounts, page_limit=1000) == before


@pytest.mark.parametrize("case", DOMAINS)
def test_bad_domain_is_400_with_the_canonical_form(
    api: api_module.Api, case: str
) -> None:
    body = api.instance_body(domain=DOMAINS[case])
    answer = api.call("POST", "/instances/", json=body)
    if answer.ok:
        api.delete(f"/instances/{answer.json()['uuid']}")
    assert answer.status_code == 400, api_module.describe(answer)
    message = answer.json()["message"]
    assert "domain" in message
    assert CANONICAL.get(case, "") in message
    assert api.list("/instances/", name=body["name"]) == []


@pytest.mark.parametrize("case", HASHES)
def test_hash_that_crypt_cannot_verify_is_400_without_the_value(
    api: api_module.Api,
    instance: resources.Instance,
    shared_account: resources.Account,
    case: str,
) -> None:
    username = api_module.unique_username()
    value = HASHES[case]
    body = api.account_body(
        instance.uuid, username=username, password=None, password_hash=value
    )
    answers = [
        api.call("POST", instance.accounts, json=body),
        api.call("PATCH", shared_account.path, json={"password_hash": value}),
    ]
    for answer in answers:
        assert answer.status_code == 400, api_module.describe(answer)
        assert "password_hash" in answer.json()["message"]
        assert len(value) < 2 or value not in answer.text
    assert api.list(instance.accounts, username=username) == []
    assert shared_account.code() == 235


def test_both_or_neither_password_is_400(
    api: api_module.Api, instance: resources.Instance
) -> None:
    username = api_module.unique_username()
    secret = "Sekret-both-ways"
    hashed = openssl.sha512_crypt(secret)
    for form in (
        {"password": secret, "password_hash": hashed},
        {"password": None, "password_hash": None},
    ):
        body = api.account_body(instance.uuid, username=username, **form)
        answer = api.call("POST", instance.accounts, json=body)
        assert answer.status_code == 400, api_module.describe(answer)
        assert "password" in answer.json()["message"]
        assert secret not in answer.text
        assert hashed not in answer.text
    assert api.list(instance.accounts, username=username) == []


@pytest.mark.parametrize(
    "password", ["", "a\0b", "x" * 100_000, "a\nb"], ids=["empty", "nul", "huge", "nl"]
)
def test_password_that_no_client_can_type_is_refused(
    api: api_module.Api, instance: resources.Instance, password: str
) -> None:
    body = api.account_body(instance.uuid, password=password)
    answer = api.call("POST", instance.accounts, json=body)
    assert answer.status_code in (400, 413), api_module.describe(answer)
    assert len(answer.text) < 2000


@pytest.mark.parametrize("username", ["a", "a" * 64, "a.b_c+d-e", "0"])
def test_allowed_usernames_log_in(accounts: resources.Accounts, username: str) -> None:
    accounts.working(username=username)


@pytest.mark.parametrize("octets", [189, 253])
def test_long_domain_is_refused_or_works(api: api_module.Api, octets: int) -> None:
    """What the API takes must not end in ERROR on the node."""
    tail = f".{secrets.token_hex(4)}.example.com"
    domain = ".".join(["a" * 49] * 5)[: octets - len(tail)].rstrip(".")
    domain += "b" * (octets - len(tail) - len(domain)) + tail
    assert len(domain) == octets
    answer = api.call("POST", "/instances/", json=api.instance_body(domain=domain))
    if not answer.ok:
        assert answer.status_code == 400, api_module.describe(answer)
        return
    uuid = answer.json()["uuid"]
    try:
        waiting.until(
            "the instance is ACTIVE",
            lambda: api.get(f"/instances/{uuid}"),
            timeout=waiting.INSTANCE_TIMEOUT,
            good=lambda now: now["status"] in ("ACTIVE", "ERROR"),
        )
        shown = api.get(f"/instances/{uuid}")
        assert shown["status"] == "ACTIVE", shown["status_reason"]
    finally:
        api.delete(f"/instances/{uuid}")
    api.wait_gone(uuid)
