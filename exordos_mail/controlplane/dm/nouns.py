# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a person calls the objects of our models."""

import re

# `APIKey` is two words.
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z]+|[A-Z]+")


def of(model: str) -> str:
    """Return the noun of a model's class name: `MailSendAPIKey` is an "API key"."""
    name = model.removeprefix("Declared").removeprefix("Mail").removeprefix("Send")
    words = _WORD.findall(name)
    return " ".join(word if word.isupper() else word.lower() for word in words)
