# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The program `exordos-mail`: works on mail instances and on send services."""

import sys

from exordos_mail.cli import PROGRAM
from exordos_mail.standards import program

_CLI = "exordos_mail.cli"
_COMMANDS = {
    "contexts": f"{_CLI}.context_commands:contexts",
    "versions": f"{_CLI}.noun_commands:versions",
    "instances": f"{_CLI}.noun_commands:instances",
    "accounts": f"{_CLI}.noun_commands:accounts",
    "tenants": f"{_CLI}.tenants:tenants",
    "keys": f"{_CLI}.keys:keys",
    "relays": f"{_CLI}.relays:relays",
    "messages": f"{_CLI}.messages:messages",
    "queue": f"{_CLI}.queue:queue",
    "events": f"{_CLI}.events:events",
    "suppressions": f"{_CLI}.suppressions:suppressions",
    "storages": f"{_CLI}.storages:storages",
    "webhook": f"{_CLI}.webhook:webhook",
    "commands": f"{_CLI}.command_log:commands",
    "export": f"{_CLI}.transfer:export_command",
    "replay": f"{_CLI}.transfer:replay_command",
}

mail = program.Commands(
    _COMMANDS, help="Work on mail instances and send services, here or elsewhere."
)


def main() -> int:
    """Run it; return the exit status."""
    return program.run(mail, PROGRAM)


if __name__ == "__main__":
    sys.exit(main())
