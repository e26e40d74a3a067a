# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The program `exordos-mail-send`: the service, and its files while it does not run."""

import sys

from exordos_mail.standards import program

NAME = "exordos-mail-send"
_COMMANDS = {
    "serve": "exordos_mail.send.main:command",
    "state": "exordos_mail.send.offline.state:command",
    "secrets-key": "exordos_mail.send.offline.secrets_key:command",
}

send = program.Commands(
    _COMMANDS,
    help=(
        "Take messages by HTTP and deliver them by SMTP.\n\n"
        "`exordos-mail` is the program that works on a running service."
    ),
)


def main() -> int:
    """Run it; return the exit status."""
    return program.run(send, NAME)


if __name__ == "__main__":
    sys.exit(main())
