# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The simulator: addresses to which nothing is ever sent, and what happens instead.

Its host is of the top level domain that never exists (RFC 6761 section 6.4): should
another program ever be given such an address, it finds no server for it.
"""

#: The domain of the simulator's addresses.
HOST = "simulator.invalid"
SUCCESS = "success"
BOUNCE = "bounce"
COMPLAINT = "complaint"
DEFER = "defer"
SLOW = "slow"
#: What may stand before the `@`, or before a `+` with any label.
MAILBOXES = (SUCCESS, BOUNCE, COMPLAINT, DEFER, SLOW)
#: What is wrong with another local part.
RULE = (
    f"at {HOST} there are {', '.join(MAILBOXES[:-1])} and {MAILBOXES[-1]},"
    " each also with +label"
)
_AT = f"@{HOST}"


def is_address(address: str) -> bool:
    """Tell whether an address is the simulator's."""
    return address.lower().endswith(_AT)


def problem(address: str) -> str | None:
    """Return what is wrong with an address; None: nothing, or it is another host's."""
    if not is_address(address) or _mailbox(address) in MAILBOXES:
        return None
    return RULE


def behaviour(address: str) -> str:
    """Return which of MAILBOXES a simulated recipient is.

    SUCCESS for the address of another host, in a message of a test key. BOUNCE for an
    unknown one of the simulator's, as at any other server.
    """
    if not is_address(address):
        return SUCCESS
    found = _mailbox(address)
    return found if found in MAILBOXES else BOUNCE


def _mailbox(address: str) -> str:
    return address.lower().rpartition("@")[0].partition("+")[0]
