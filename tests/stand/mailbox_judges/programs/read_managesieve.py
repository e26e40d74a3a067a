# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""managesieve: a login without TLS, which sieve-connect does not attempt.

A task comes by stdin (library.py), what came of it goes out.
"""

import json
import sys

import managesieve


def main(given):
    session = managesieve.MANAGESIEVE(given["host"], use_tls=False)
    # Also where it is not offered.
    session.loginmechs = ["PLAIN"]
    answer = session.authenticate("PLAIN", given["address"], given["password"])
    refusal = "" if answer == "OK" else "clear text"
    return {"ids": [], "refusal": refusal, "text": str(session.response_text)}


print(json.dumps(main(json.load(sys.stdin))))
