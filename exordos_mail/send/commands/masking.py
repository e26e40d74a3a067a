# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets in requests, and what stands in their place."""

import re
import typing as tp
import urllib.parse

#: Stands for a secret.
MASK = "***"
# Names of members whose text is a secret, at any depth: `password`,
# `aws_secret_access_key`, but not `token_uri` or `aws_access_key_id`.
_SECRET = re.compile(r"(?:password|secret|token|\Akey|_key)\Z")
# What callers write on messages for themselves goes into no log, as mail does not. Nor
# does what mail is looked for by, or an address that is to be erased.
_OWN = frozenset({"reference", "tag", "tags", "metadata", "address"})
_SOUGHT = _OWN | {"from", "to", "subject", "message_id", "recipient"}

# Many receivers of webhooks have their secret in the path.
_URL = re.compile(r"://(?P<user>[^\s/?#]*@)?(?P<host>[^\s/?#]*)(?P<rest>\S*)")


def mask(value: tp.Any, name: str = "") -> tp.Any:
    """Return decoded JSON without its secrets.

    Args:
        name: the member that it is the value of.
    """
    if name in _OWN and value is not None:
        return MASK
    if isinstance(value, dict):
        return {member: mask(inner, member) for member, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner, name) for inner in value]
    if _SECRET.search(name) and value is not None:
        return MASK
    return _without_secrets(value) if isinstance(value, str) else value


def mask_query(query: str) -> str:
    """Return the query of a path without what mail is looked for by."""
    return "&".join(map(_masked_parameter, query.split("&")))


def masked(value: tp.Any, path: str = "") -> tp.Iterator[str]:
    """Yield where decoded JSON has a mask, as `config.secret`."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from masked(inner, f"{path}.{member}" if path else member)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from masked(inner, f"{path}[{index}]")
    elif isinstance(value, str) and MASK in value:
        yield path


def has_secret(value: tp.Any, name: str = "") -> bool:
    """Tell whether decoded JSON has a secret, by the names of its members.

    Args:
        name: the member that it is the value of.
    """
    if isinstance(value, dict):
        return any(has_secret(inner, member) for member, inner in value.items())
    if isinstance(value, list):
        return any(has_secret(inner, name) for inner in value)
    return value not in (None, "", MASK) and _SECRET.search(name) is not None


def is_masked(value: tp.Any) -> bool:
    """Tell whether decoded JSON has a mask anywhere."""
    return any(True for _ in masked(value))


def _without_secrets(text: str) -> str:
    """Mask what may be a secret in the URLs of a text: all but scheme and host."""
    return _URL.sub(_masked_url, text)


def _masked_url(found: re.Match[str]) -> str:
    user = f"{MASK}@" if found["user"] else ""
    rest = found["rest"] if found["rest"] in ("", "/") else f"/{MASK}"
    return f"://{user}{found['host']}{rest}"


def _masked_parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    # Another way to write a name is none that a caller needs.
    is_sought = urllib.parse.unquote_plus(name) in _SOUGHT
    return f"{name}={MASK}" if equals and is_sought else text
