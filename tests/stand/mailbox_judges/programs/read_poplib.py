# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Python's poplib: a task comes by stdin (library.py), what came of it goes out."""

import email
import json
import poplib
import ssl
import sys


def main(given):
    trust = ssl.create_default_context(cafile=given["ca"])
    if given["tls"]:
        session = poplib.POP3_SSL(given["host"], context=trust, timeout=30)
    else:
        session = poplib.POP3(given["host"], timeout=30)
    session.user(given["address"])
    session.pass_(given["password"])
    count, _ = session.stat()
    heads = []
    for number in range(1, count + 1):
        octets = b"\r\n".join(session.retr(number)[1])
        heads.append(email.message_from_bytes(octets))
    session.quit()
    return {"ids": [one["Message-ID"] for one in heads], "refusal": ""}


try:
    answer = main(json.load(sys.stdin))
except ssl.SSLError as error:
    answer = {"ids": [], "refusal": "certificate", "text": str(error)}
except poplib.error_proto as error:
    is_clear = "Plaintext" in str(error) or "Unknown command" in str(error)
    answer = {"ids": [], "refusal": "clear text" if is_clear else "login"}
    answer["text"] = str(error)
print(json.dumps(answer))
