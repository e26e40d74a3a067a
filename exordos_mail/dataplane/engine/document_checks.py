# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the documents of a collection must be, checked before they are accepted.

    accounts    see accounts.py
    aliases     see aliases.py
    sieve_scripts see sieve_scripts.py
    domains     {"second.org": {"primary": false, "enabled": true, ...}}
    dkim_keys   {"second.org": {"<selector>": {"algorithm": ..., "private_key": PEM}}}
    certificates {"<uuid>": {"names": [...], "chain": PEM, "private_key": PEM}}
    challenges  {"<token>": {"key_authorization": ...}}
    outbound    see outbound.py
    purges      {"<uuid>": {"purge": true}}

Of collections that are not named here, their services know the form. No error text
holds a value of the payload beyond names of fields.
"""

import re
import typing as tp

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from exordos_mail.dataplane.engine import accounts, aliases, outbound, sieve_scripts
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import documents
from exordos_mail.standards import address, dkim

SpecError = spec_lib.SpecError
Found = tp.Mapping[str, tp.Any]

# RFC 8555 section 8.3: base64url, of which a token is a file's name.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_AUTHORIZATION = re.compile(r"[A-Za-z0-9_-]{1,128}\.[A-Za-z0-9_-]{1,128}\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_FLAGS = ("primary", "enabled", "receives")
_SPREAD = {
    "accounts": ("an account", accounts.check),
    "aliases": ("an alias", aliases.check),
    sieve_scripts.COLLECTION: ("a Sieve script", sieve_scripts.check),
}
_KINDS = {
    dkim.RSA_SHA256: rsa.RSAPrivateKey,
    dkim.ED25519_SHA256: ed25519.Ed25519PrivateKey,
}


def check_text(collection: str, bucket: str, text: str, primary: str) -> None:
    """Check the documents of a bucket, as far as their kind is known here.

    Args:
        collection: their kind.
        bucket: where they are.
        text: of the bucket.
        primary: the primary domain, whose accounts are named without it.

    Raises:
        SpecError: one breaks its rule, or the text is not that of a bucket.
    """
    try:
        found = documents.parse(text)
    except ValueError:
        raise SpecError(f"bucket {bucket} of {collection} cannot be read") from None
    if collection in _SPREAD:
        _check_spread(collection, bucket, found, primary)
    elif collection == "domains":
        _check_domains(bucket, found)
    elif collection == "dkim_keys":
        _check_keys(found)
    elif collection == "certificates":
        _check_certificates(bucket, found)
    elif collection == "challenges":
        _check_challenges(found)
    elif collection == "purges":
        _check_purges(bucket, found)
    elif collection == outbound.COLLECTION:
        outbound.parse(found)


def _check_spread(collection: str, bucket: str, found: Found, primary: str) -> None:
    noun, check = _SPREAD[collection]
    for key, document in found.items():
        check(key, document, primary)
    _check_bucket(noun, bucket, found)


def _check_domains(bucket: str, domains: Found) -> None:
    for name, document in domains.items():
        try:
            address.check_domain(name)
        except address.AddressPartError:
            raise SpecError("a domain's name is not a domain") from None
        if not isinstance(document, dict):
            raise SpecError(f"the document of domain {name} is not an object")
        for flag in _FLAGS:
            if not isinstance(document.get(flag, False), bool):
                raise SpecError(f"domain {name}: {flag} is neither true nor false")
    _check_bucket("a domain", bucket, domains)


def _check_keys(found: Found) -> None:
    for name, keys in found.items():
        try:
            address.check_domain(name)
        except address.AddressPartError:
            raise SpecError("the domain of DKIM keys is not a domain") from None
        for key in spec_lib.signing_keys(keys):
            if not _is_of_its_kind(key):
                raise SpecError(f"DKIM key {key.selector} is not of its algorithm")


def _is_of_its_kind(key: spec_lib.DKIMKey) -> bool:
    # Of a thousand domains it would take the node half a minute to prove the numbers
    # of each RSA key; who has made or taken the key has proved them.
    try:
        loaded = serialization.load_pem_private_key(
            key.private_key.encode("ascii"),
            password=None,
            unsafe_skip_rsa_key_validation=True,
        )
    except (ValueError, TypeError):
        return False
    return isinstance(loaded, _KINDS[key.algorithm])


def _check_certificates(bucket: str, found: Found) -> None:
    """Check their form; whether they are good is judged when they are shown."""
    for uuid, document in found.items():
        names = document.get("names") if isinstance(document, dict) else None
        if uuid != bucket or not isinstance(names, list) or not names:
            raise SpecError(f"certificate {bucket} has no names")
        try:
            for name in names:
                address.check_domain(name)
        except address.AddressPartError:
            raise SpecError(f"a name of certificate {bucket} is none") from None
        texts = (document.get("chain"), document.get("private_key"))
        if not all(isinstance(one, str) for one in texts):
            raise SpecError(f"certificate {bucket} has no chain or no key")


def _check_challenges(found: Found) -> None:
    for token, document in found.items():
        said = document.get("key_authorization") if isinstance(document, dict) else None
        if not _TOKEN.match(token) or not isinstance(said, str):
            raise SpecError("a challenge has no token")
        if not _AUTHORIZATION.match(said):
            raise SpecError("a challenge has no key authorization")


def _check_purges(bucket: str, found: Found) -> None:
    for uuid, document in found.items():
        # It names a directory that is removed.
        if not _UUID.match(uuid) or document != {"purge": True}:
            raise SpecError("mail is to be removed that no uuid names")
    _check_bucket("mail to be removed", bucket, found)


def _check_bucket(what: str, bucket: str, found: Found) -> None:
    if any(documents.bucket(key) != bucket for key in found):
        raise SpecError(f"{what} is in bucket {bucket} and belongs to another")
