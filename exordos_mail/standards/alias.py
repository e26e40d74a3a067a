# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of aliases: what is left of the @, and where their mail goes."""

from exordos_mail.standards import address, recipient

#: The local part of the alias that takes what nothing else in its domain takes.
CATCH_ALL = "*"

LOCAL_PART_PATTERN = rf"(?:\*|{address.USERNAME_PATTERN.removesuffix(chr(92) + 'Z')})\Z"
LOCAL_PART_RULE = (
    "a local part is 1 to 64 of the characters a-z 0-9 . _ + - in lower case, with no"
    " dot at either end and no two dots in a row; or it is * for the mail that nothing"
    " else in the domain takes"
)

# In the list that an MTA redirects to, what begins so is a command, a file or a remark
# (Exim specification, chapter "The redirect router"). None is the address of a person.
_NO_ADDRESS = ("|", "/", "#")
TARGET_RULE = "an address in ASCII that begins with none of | / #"


def check_local_part(value: object) -> str:
    """Return `value` if it may be the local part of an alias.

    Raises:
        AddressPartError: the rule is broken; the text never holds the value.
    """
    if value == CATCH_ALL:
        return CATCH_ALL
    try:
        return address.check_username(value)
    except address.AddressPartError:
        raise address.AddressPartError(LOCAL_PART_RULE) from None


def check_target(value: object) -> str:
    """Return `value` if mail may be redirected to it: an address in its normal form.

    Raises:
        AddressError: it may not; see `recipient.check_normal`.
    """
    target = recipient.check_normal(value)
    # The way of an address beyond ASCII needs SMTPUTF8 of every sender.
    if not target.isascii() or target.startswith(_NO_ADDRESS):
        raise recipient.AddressError(TARGET_RULE)
    return target
