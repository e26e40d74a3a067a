# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts in shards, so that one change costs one shard and not all accounts.

An account belongs to a shard by its username. Control plane, node and exim
compute the same number, each in its own language:

    Python  shards.number(username)
    SQL     mail_account_shard(username)             (migrations/initial/accounts.sql)
    exim    ${eval:0x${substr_0_2:${md5:USERNAME}} & 63}

A shard's text has one line per active account, `username:crypt hash`, in the
order of the usernames' octets, and its digest stands for the text wherever
two sides compare what they have. A shard without accounts has no text: its
digest is the empty string, and mappings leave it out.
"""

import hashlib
import typing as tp

COUNT = 64

#: Shards by number: digests (64 hex digits) or texts.
Digests = tp.Mapping[int, str]
Texts = tp.Mapping[int, bytes]


def number(username: str) -> int:
    """Return the shard of an account, 0 to 63."""
    octets = hashlib.md5(username.encode(), usedforsecurity=False).digest()
    return octets[0] % COUNT


def text(accounts: tp.Mapping[str, str]) -> bytes:
    """Return the text of the accounts of one shard.

    Args:
        accounts: crypt(5) hash by username; usernames are ASCII without ":".
    """
    lines = [f"{name}:{accounts[name]}\n" for name in sorted(accounts)]
    return "".join(lines).encode("ascii")


def accounts(content: bytes) -> dict[str, str]:
    """Return the crypt(5) hash by username of a shard's text.

    Raises:
        ValueError: this is not the text of a shard.
    """
    lines = content.decode("ascii").split("\n")
    if lines.pop():
        raise ValueError("the last line of a shard does not end")
    found = {}
    for line in lines:
        username, colon, hashed = line.partition(":")
        if not colon:
            raise ValueError("a line of a shard has no colon")
        found[username] = hashed
    return found


def split(everybody: tp.Mapping[str, str]) -> dict[int, bytes]:
    """Return the texts of all shards that have accounts."""
    members: dict[int, dict[str, str]] = {}
    for username, hashed in everybody.items():
        members.setdefault(number(username), {})[username] = hashed
    return {shard: text(members[shard]) for shard in sorted(members)}


def digest(content: bytes) -> str:
    """Return the sha256 (64 hex digits) of a shard's text, "" for no text."""
    return hashlib.sha256(content).hexdigest() if content else ""


def digests(texts: Texts) -> dict[int, str]:
    """Return the digests of the shards that have accounts."""
    return {shard: digest(texts[shard]) for shard in sorted(texts) if texts[shard]}
