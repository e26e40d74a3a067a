# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Passwords, and the password hashes that crypt(3) of a node verifies.

A *stored value* is a hash as its owner sent it: a string of crypt(5),
optionally behind a Dovecot scheme such as `{SHA512-CRYPT}`. The node gets it
without the scheme. Each format is checked to its full length and alphabet,
last characters included, because a hash that crypt(3) cannot verify is an
account that can never log in, with nobody told.

Costs are capped, so that checking one login takes at most about a second on
one core and at most 64 MiB: login attempts come from strangers.
"""

import re
import secrets
import typing as tp
import unicodedata

from passlib import hash as passlib_hash

from exordos_mail.standards import rule

#: Rounds of the SHA512-crypt hashes made here: twice the default of crypt(3).
SHA512_ROUNDS = 10_000
#: Longest password in octets of UTF-8: CRYPT_MAX_PASSPHRASE_SIZE of libxcrypt
#: is 512 with the closing NUL, and crypt(3) refuses anything longer.
PASSWORD_MAX = 511

#: Longest stored value in characters.
HASH_MAX = 256

#: Most rounds of SHA-crypt (0.3 s).
SHA_ROUNDS_MAX = 1_000_000
#: Most rounds of sha1crypt (0.6 s).
SHA1_ROUNDS_MAX = 1_000_000
#: Most rounds of SunMD5 (0.6 s).
SUNMD5_ROUNDS_MAX = 500_000
#: Most rounds of BSDi extended DES (0.5 s).
BSDI_ROUNDS_MAX = 4_000_000
#: Highest cost of bcrypt, the binary logarithm of its rounds (0.8 s).
BCRYPT_COST_MAX = 14
#: Most memory of yescrypt and scrypt in octets (0.1 s).
SCRYPT_MEMORY_MAX = 64 * 1024**2

#: Characters of a generated password: letters and digits without those that people take
#: for one another (0 O o, 1 I l).
GENERATED_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
#: Length of a generated password: 116 bits.
GENERATED_LENGTH = 20

PASSWORD_RULE = (
    f"a password is 1 to {PASSWORD_MAX} octets of UTF-8 without control characters"
)
HASH_RULE = (
    "a password hash is one that crypt(3) verifies: yescrypt, gost-yescrypt, scrypt,"
    " bcrypt, SHA512-crypt, SHA256-crypt, sha1crypt, SunMD5, MD5-crypt, NT, BSDi DES"
    " or DES, complete and of a cost within the limits, optionally behind a matching"
    " scheme such as {SHA512-CRYPT}"
)


class PasswordError(rule.RuleError):
    """A password or hash breaks its rule; the text never holds the value."""


class _Format(tp.NamedTuple):
    """One format of crypt(5).

    Attributes:
        schemes: names of Dovecot that may stand before the hash, besides CRYPT.
        pattern: the whole hash; its named groups are what `affordable` gets.
        affordable: tells whether the cost in the groups is within the limits.
    """

    schemes: tuple[str, ...]
    pattern: re.Pattern[str]
    affordable: tp.Callable[[dict[str, str]], bool]


_DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ANY = r"[./0-9A-Za-z]"
# What libxcrypt takes as salt in the formats that do not decode it: printable
# ASCII without the space and ! $ * : ; \ (check_badsalt_chars in crypt.c).
_SALT = r"[\"#%-)+-9<-@A-\[\]-~]"
# The last character of a digest carries fewer than six bits. In the formats
# of the SHA-crypt family they are its low bits, in DES its high bits.
_LAST_2_BITS = r"[./01]"
_LAST_4_BITS = r"[./0-9A-D]"
_LAST_DES = r"[.26AEIMQUYcgkosw]"
# bcrypt has an alphabet of its own: ./A-Za-z0-9
_BCRYPT_SALT_END = r"[.Oeu]"
_BCRYPT_END = r"[.CGKOSWaeimquy26]"
# A decoded salt: whole groups of 3 octets, then 0, 1 or 2 octets.
_DECODED_SALT = (
    rf"(?:{_ANY}{{4}}){{0,21}}"
    rf"(?:{_ANY}{_LAST_2_BITS}|{_ANY}{{2}}{_LAST_4_BITS})?"
)


def _number(digits: str) -> int:
    """Return the number that little-endian digits of 6 bits stand for."""
    return sum(_DIGITS.index(digit) << 6 * i for i, digit in enumerate(digits))


def _cheap(_: dict[str, str]) -> bool:
    return True


def _rounds_within(lowest: int, highest: int) -> tp.Callable[[dict[str, str]], bool]:
    def affordable(groups: dict[str, str]) -> bool:
        rounds = groups.get("rounds")
        return rounds is None or lowest <= int(rounds) <= highest

    return affordable


def _bsdi_affordable(groups: dict[str, str]) -> bool:
    return _number(groups["rounds"]) <= BSDI_ROUNDS_MAX


def _yescrypt_affordable(groups: dict[str, str]) -> bool:
    # yescrypt encodes N as log2(N) - 1 and r as r - 1, one digit each while
    # they are small; block memory is 128 r N octets.
    n_log2, r = _number(groups["n"]) + 1, _number(groups["r"]) + 1
    return n_log2 >= 2 and 128 * r * 2**n_log2 <= SCRYPT_MEMORY_MAX


def _scrypt_affordable(groups: dict[str, str]) -> bool:
    # log2(N) in one digit, r and p in five each.
    n_log2 = _number(groups["n"])
    r, p = _number(groups["r"]), _number(groups["p"])
    return n_log2 >= 4 and r >= 1 <= p and 128 * r * p * 2**n_log2 <= SCRYPT_MEMORY_MAX


def _format(
    *schemes: str,
    pattern: str,
    affordable: tp.Callable[[dict[str, str]], bool] = _cheap,
) -> _Format:
    # \Z and not $, which would let a trailing newline pass
    return _Format(schemes, re.compile(pattern + r"\Z"), affordable)


_FORMATS = (
    _format(
        "SHA512-CRYPT",
        pattern=rf"\$6\$(?:rounds=(?P<rounds>[1-9][0-9]{{3,6}})\$)?(?!rounds=){_SALT}{{0,16}}"
        rf"\${_ANY}{{85}}{_LAST_2_BITS}",
        affordable=_rounds_within(1000, SHA_ROUNDS_MAX),
    ),
    _format(
        "SHA256-CRYPT",
        pattern=rf"\$5\$(?:rounds=(?P<rounds>[1-9][0-9]{{3,6}})\$)?(?!rounds=){_SALT}{{0,16}}"
        rf"\${_ANY}{{42}}{_LAST_4_BITS}",
        affordable=_rounds_within(1000, SHA_ROUNDS_MAX),
    ),
    _format(
        pattern=rf"\$g?y\$j(?P<n>[./0-9A-Z])(?P<r>[./0-9A-Za-j])\${_DECODED_SALT}"
        rf"\${_ANY}{{42}}{_LAST_4_BITS}",
        affordable=_yescrypt_affordable,
    ),
    _format(
        pattern=rf"\$7\$(?P<n>{_ANY})(?P<r>{_ANY}{{5}})(?P<p>{_ANY}{{5}}){_ANY}{{0,128}}"
        rf"\${_ANY}{{42}}{_LAST_4_BITS}",
        affordable=_scrypt_affordable,
    ),
    _format(
        "BLF-CRYPT",
        pattern=rf"\$2[abxy]\$(?P<rounds>0[4-9]|[12][0-9]|3[01])\${_ANY}{{21}}{_BCRYPT_SALT_END}"
        rf"{_ANY}{{30}}{_BCRYPT_END}",
        affordable=_rounds_within(4, BCRYPT_COST_MAX),
    ),
    _format(
        "MD5-CRYPT",
        pattern=rf"\$1\${_SALT}{{0,8}}\${_ANY}{{21}}{_LAST_2_BITS}",
    ),
    _format(
        pattern=rf"\$sha1\$(?P<rounds>[1-9][0-9]{{0,6}})\${_ANY}{{1,64}}\${_ANY}{{28}}",
        affordable=_rounds_within(1, SHA1_ROUNDS_MAX),
    ),
    _format(
        # a salt may or may not end in a $ of its own, which is hashed with it
        pattern=rf"\$md5(?:,rounds=(?P<rounds>[1-9][0-9]{{0,5}}))?\${_ANY}{{0,64}}\${{1,2}}"
        rf"{_ANY}{{21}}{_LAST_2_BITS}",
        affordable=_rounds_within(1, SUNMD5_ROUNDS_MAX),
    ),
    _format(pattern=r"\$3\$\$[0-9a-f]{32}"),
    _format(
        pattern=rf"_(?P<rounds>{_ANY}{{4}}){_ANY}{{4}}{_ANY}{{10}}{_LAST_DES}",
        affordable=_bsdi_affordable,
    ),
    _format("DES-CRYPT", pattern=rf"{_ANY}{{12}}{_LAST_DES}"),
)

_SCHEME = re.compile(r"\{([A-Z0-9-]+)\}")


def stored_value(sent: object) -> str:
    """Return what is stored of a password that a client has sent.

    That is its hash. What is a hash already, behind the name of its scheme, is
    stored as it is: clients of Dovecot's kind send ready-made hashes so, and the
    hash of a hash would let nobody in. A hash without a scheme is a password like
    any other text, and so is one that crypt(3) could not verify.

    Raises:
        PasswordError: see `check_password`.
    """
    return tp.cast(str, sent) if is_prefixed_hash(sent) else hash_password(sent)


def is_prefixed_hash(sent: object) -> bool:
    """Tell whether a text is a complete stored value with its scheme before it."""
    if not isinstance(sent, str) or not _SCHEME.match(sent):
        return False
    try:
        _match(sent)
    except PasswordError:
        return False
    return True


def generate() -> str:
    """Return a new password; it is shown once and kept only as its hash."""
    return "".join(secrets.choice(GENERATED_ALPHABET) for _ in range(GENERATED_LENGTH))


def hash_password(plain: object) -> str:
    """Return a SHA512-crypt hash of a password, with a fresh salt.

    Raises:
        PasswordError: see `check_password`.
    """
    secret = check_password(plain)
    return str(passlib_hash.sha512_crypt.using(rounds=SHA512_ROUNDS).hash(secret))


def check_password(plain: object) -> str:
    """Return `plain` if it can be a password.

    AUTH PLAIN cannot carry NUL (RFC 4616 section 2), and a person cannot type
    the other control characters, so one of them is a mistake of a program.

    Raises:
        PasswordError: the rule is broken; the text never holds the value.
    """
    if not isinstance(plain, str) or any(
        unicodedata.category(character) in ("Cc", "Cs") for character in plain
    ):
        raise PasswordError(PASSWORD_RULE)
    if not 1 <= len(plain.encode()) <= PASSWORD_MAX:
        raise PasswordError(PASSWORD_RULE)
    return plain


def check_hash(stored: object) -> str:
    """Return `stored` if it is a stored value that the node can verify.

    Raises:
        PasswordError: not of an accepted format or too costly; the text never
            holds the value.
    """
    _match(stored)
    return tp.cast(str, stored)


def crypt_hash(stored: str) -> str:
    """Return the crypt(5) string of a stored value: without its scheme.

    Raises:
        PasswordError: see `check_hash`.
    """
    return _match(stored)


def _match(stored: object) -> str:
    if not isinstance(stored, str) or len(stored) > HASH_MAX:
        raise PasswordError(HASH_RULE)
    scheme, bare = "CRYPT", stored
    prefix = _SCHEME.match(stored)
    if prefix is not None:
        scheme, bare = prefix.group(1), stored[prefix.end() :]
    for known in _FORMATS:
        found = known.pattern.match(bare)
        if found is None:
            continue
        if scheme != "CRYPT" and scheme not in known.schemes:
            break
        if not known.affordable(found.groupdict()):
            break
        return bare
    raise PasswordError(HASH_RULE)
