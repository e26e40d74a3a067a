# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages that are known again by their Message-ID."""

import email.message
import email.utils
import secrets


def new_id(word: str) -> str:
    """Return a Message-ID with a word in it."""
    return f"<{word}.{secrets.token_hex(6)}@letters.test>"


def compose(
    message_id: str, to: str, subject: str = "a letter", octets: int = 0
) -> bytes:
    """Return a message.

    Args:
        octets: how large its text is at least.
    """
    message = email.message.EmailMessage()
    message["From"] = "Ann <ann@letters.test>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = email.utils.localtime()
    message["Message-ID"] = message_id
    message.set_content("A line.\n" * (1 + octets // 8))
    return message.as_bytes()
