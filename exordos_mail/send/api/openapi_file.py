# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m exordos_mail.send.api.openapi_file`: the description as a file has it."""

import json

from exordos_mail.send.api import openapi, routes

if __name__ == "__main__":
    print(json.dumps(openapi.describe(routes.TABLE), indent=1, ensure_ascii=False))
