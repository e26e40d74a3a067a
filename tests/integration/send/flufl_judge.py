# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python flufl_judge.py FILE...`: what flufl.bounce finds in mails, as JSON.

For each file the addresses for which delivery is delayed, and those of final failures.
"""

import email
import json
import pathlib
import sys

from flufl.bounce import all_failures

found = {}
for name in sys.argv[1:]:
    mail = email.message_from_bytes(pathlib.Path(name).read_bytes())
    found[name] = [
        sorted(address.decode() for address in some) for some in all_failures(mail)
    ]
json.dump(found, sys.stdout)
