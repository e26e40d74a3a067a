#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""webhook_receiver.py PORT: take the events of a tenant; needs nothing but Python.

WEBHOOK_SECRET_FILE holds the secret of a `callback_auth` of type `signature`. Prints a
line of JSON for each event, once: a batch that comes again is known by its id.
"""

import base64
import email.message
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import sys
import time

#: Seconds that a request may be old: who has copied one cannot use it for long.
_OLD = 300
_LARGEST = 1024 * 1024


def is_signed(secret: str, headers: email.message.Message, body: bytes) -> bool:
    """Tell whether the service has signed a request (standardwebhooks.com, 1.0.0)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    name, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdecimal() or abs(time.time() - int(moment)) > _OLD:
        return False
    digest = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    # While the secret is being changed there are two signatures.
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, one) for one in given)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers 204 when the events are safe, 401 to anybody else."""

    secret = ""
    #: Ids of batches; a real receiver keeps them with the events.
    known: set[str] = set()

    def do_POST(self) -> None:
        """Take a batch of events."""
        told = self.headers.get("content-length", "")
        length = int(told) if told.isascii() and told.isdecimal() else 0
        body = self.rfile.read(length) if length <= _LARGEST else b""
        if not is_signed(self.secret, self.headers, body):
            self.send_error(401)
            return
        if self.headers["webhook-id"] not in self.known:
            for event in json.loads(body)["data"].get("events", []):
                print(json.dumps(event), flush=True)
            self.known.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the events are on standard output."""


if __name__ == "__main__":
    file = pathlib.Path(os.environ["WEBHOOK_SECRET_FILE"])
    Receiver.secret = file.read_text().strip()
    address = ("127.0.0.1", int(sys.argv[1]))
    http.server.ThreadingHTTPServer(address, Receiver).serve_forever()
