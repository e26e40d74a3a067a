# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""IMAPClient: a task comes by stdin (library.py), what came of it goes out."""

import json
import ssl
import sys

import imapclient
from imapclient import exceptions


def main(given):
    trust = ssl.create_default_context(cafile=given["ca"])
    client = imapclient.IMAPClient(
        given["host"], ssl=given["tls"], ssl_context=trust, timeout=30
    )
    client.login(given["address"], given["password"])
    client.select_folder(given["folder"])
    if given["to"]:
        client.create_folder(given["to"])
        sought = ["HEADER", "Message-ID", given["message_id"]]
        client.move(client.search(sought), given["to"])
    found = client.fetch(client.search(), ["ENVELOPE"])
    quota = client.get_quota_root("INBOX") if given["quota"] else None
    client.logout()
    ids = [one[b"ENVELOPE"].message_id.decode() for one in found.values()]
    return {"ids": ids, "refusal": "", "quota": repr(quota)}


try:
    answer = main(json.load(sys.stdin))
except ssl.SSLError as error:
    answer = {"ids": [], "refusal": "certificate", "text": str(error)}
except exceptions.LoginError as error:
    kind = "clear text" if "PRIVACYREQUIRED" in str(error) else "login"
    answer = {"ids": [], "refusal": kind, "text": str(error)}
print(json.dumps(answer))
