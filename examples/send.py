#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""send.py FROM TO KEY: send a message by HTTP; needs nothing but Python.

SEND_URL is the service, as http://127.0.0.1:8025; SEND_KEY_FILE holds a tenant's key.
KEY names this message, as an order's number does: with it the message is sent once,
however often the program is run.
"""

import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

_TRIES = 5


def send(message: dict[str, object], key: str) -> dict[str, object]:
    """Return what the service accepted; tries again when it is away."""
    token = pathlib.Path(os.environ["SEND_KEY_FILE"]).read_text().strip()
    request = urllib.request.Request(
        f"{os.environ['SEND_URL']}/v1/messages",
        json.dumps(message).encode(),
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        },
    )
    for number in range(_TRIES):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            # The caller's mistake stays one: the body says which.
            if error.code < 500 and error.code != 429:
                raise SystemExit(error.read().decode()) from None
        except OSError:
            # Nobody can know whether it was accepted: the key makes that harmless.
            pass
        time.sleep(2**number)
    raise SystemExit("the service does not answer")


if __name__ == "__main__":
    sender, recipient, order = sys.argv[1:]
    mail = {
        "from": sender,
        "to": recipient,
        "subject": "Hello",
        "text": "From Python.",
        # Comes back in events and webhooks, and is not in the mail.
        "reference": order,
        "tags": ["hello"],
    }
    print(json.dumps(send(mail, order)))
