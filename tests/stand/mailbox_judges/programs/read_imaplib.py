# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Python's imaplib: a task comes by stdin (library.py), what came of it goes out."""

import email
import imaplib
import json
import ssl
import sys


def main(given):
    trust = ssl.create_default_context(cafile=given["ca"])
    if given["tls"]:
        session = imaplib.IMAP4_SSL(given["host"], ssl_context=trust, timeout=30)
    else:
        session = imaplib.IMAP4(given["host"], timeout=30)
    with session:
        try:
            session.login(given["address"], given["password"])
        except imaplib.IMAP4.error as error:
            kind = "clear text" if "PRIVACYREQUIRED" in str(error) else "login"
            return {"ids": [], "refusal": kind, "text": str(error)}
        if session.select(given["folder"])[0] != "OK":
            return {"ids": [], "refusal": "no folder"}
        if given["to"]:
            session.create(given["to"])
            sought = f'HEADER Message-ID "{given["message_id"]}"'
            _, (numbers,) = session.uid("SEARCH", sought)
            for number in numbers.split():
                code, said = session.uid("MOVE", number.decode(), given["to"])
                assert code == "OK", said
        numbers = session.search(None, "ALL")[1][0].decode().replace(" ", ",")
        found = session.fetch(numbers, "(BODY.PEEK[HEADER])")[1] if numbers else []
        heads = [email.message_from_bytes(one[1]) for one in found if one and one[1:]]
        quota = session.getquotaroot("INBOX")[1] if given["quota"] else None
    return {
        "ids": [one["Message-ID"] for one in heads],
        "refusal": "",
        "quota": repr(quota),
    }


try:
    answer = main(json.load(sys.stdin))
except ssl.SSLError as error:
    answer = {"ids": [], "refusal": "certificate", "text": str(error)}
print(json.dumps(answer))
