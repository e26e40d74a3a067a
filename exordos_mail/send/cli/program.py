# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The programs `exordos-mail-send` and `exordos-mail send`: all their commands."""

import importlib
import sys
import typing as tp

import click

from exordos_mail.send.cli import failure

_CLI = "exordos_mail.send.cli"
#: Where each command is; a module is loaded when its command is asked for.
_COMMANDS = {
    "serve": "exordos_mail.send.main:command",
    "state": "exordos_mail.send.offline.state:command",
    "secrets-key": "exordos_mail.send.offline.secrets_key:command",
    "contexts": f"{_CLI}.context_commands:contexts",
    "tenants": f"{_CLI}.tenants:tenants",
    "keys": f"{_CLI}.keys:keys",
    "accounts": f"{_CLI}.accounts:accounts",
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


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found


@click.group(cls=_Commands)
def send() -> None:
    """Take messages by HTTP and deliver them by SMTP; work on such a service."""


@click.group()
def mail() -> None:
    """Work on the mail service."""


mail.add_command(send)


def main() -> int:
    """Run `exordos-mail-send`; return the exit status."""
    return _run(send, failure.PROGRAM)


def mail_main() -> int:
    """Run `exordos-mail`; return the exit status."""
    return _run(mail, "exordos-mail")


def _run(group: click.Group, name: str) -> int:
    try:
        found: tp.Any = group.main(prog_name=name, standalone_mode=False)
        return found if isinstance(found, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        failure.report(error.format_message())
        return error.exit_code
    except click.Abort:
        failure.report("interrupted")
        return 130
    except UnicodeError:
        failure.report("input is not valid UTF-8")
        return failure.Failure.exit_code
    except OSError as error:
        failure.report(str(error))
        return failure.Failure.exit_code


if __name__ == "__main__":
    sys.exit(main())
