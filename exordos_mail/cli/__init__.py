# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line (docs/reference/command-line.md).

It imports nothing of the service, so that it starts at once.
"""

#: What it is called on the command line.
PROGRAM = "exordos-mail"
