# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All groups of commands: of nouns, of verbs, and of what is written by hand."""

import dataclasses
import typing as tp

from exordos_mail.cli import nouns
from exordos_mail.cli import verbs as verb_table
from exordos_mail.cli.nouns import Noun
from exordos_mail.cli.verbs import Verb

_CLI = "exordos_mail.cli"


@dataclasses.dataclass(frozen=True)
class Group:
    """A group of commands.

    Attributes:
        text: what its help says.
        noun: what its commands work on; None: it has verbs only.
        by_hand: commands that no table makes: `module:attribute` by name.
    """

    text: str
    noun: Noun | None = None
    verbs: tuple[Verb, ...] = ()
    by_hand: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)


def of_noun(
    noun: Noun, verbs: tuple[Verb, ...] = (), **by_hand: str
) -> dict[str, Group]:
    """Return the group of a noun, by its name."""
    return {noun.name: Group(noun.text, noun, verbs, by_hand)}


_PLANE = nouns.OF_PLANE
#: In the order in which help shows them; a text is a group or command by hand.
COMMANDS: dict[str, Group | str] = {
    "contexts": f"{_CLI}.context_commands:contexts",
    **of_noun(_PLANE["version"]),
    **of_noun(_PLANE["instance"]),
    "check": f"{_CLI}.check:check",
    **of_noun(_PLANE["account"]),
    **of_noun(_PLANE["app_password"]),
    **of_noun(_PLANE["sieve_script"]),
    "imports": Group(
        _PLANE["mailbox_import"].text,
        _PLANE["mailbox_import"],
        by_hand={"add-many": f"{_CLI}.imports:add_many"},
    ),
    **of_noun(_PLANE["alias"]),
    **of_noun(_PLANE["tenant"]),
    **of_noun(_PLANE["api_key"], add=f"{_CLI}.keys:add"),
    **of_noun(_PLANE["relay"]),
    **of_noun(
        nouns.MESSAGES,
        verb_table.MESSAGES,
        send=f"{_CLI}.messages:send",
        show=f"{_CLI}.messages:show",
    ),
    "queue": Group(
        "What waits to be sent, and what holds it up.",
        verbs=verb_table.QUEUE,
        by_hand={
            name: f"{_CLI}.queue:{name}"
            for name in ("stats", "messages", "suspensions")
        },
    ),
    "events": f"{_CLI}.events:events",
    "trace": f"{_CLI}.trace:trace",
    "erasures": Group(
        "Addresses that are taken out of what is kept.", verbs=verb_table.ERASURES
    ),
    "bounces": Group(
        "Bounces and complaints that came back by mail.",
        by_hand={"report": f"{_CLI}.bounces:report"},
    ),
    **of_noun(nouns.BOUNCE_MAILBOXES, verb_table.BOUNCE_MAILBOXES),
    **of_noun(_PLANE["suppression"]),
    **of_noun(nouns.STORAGES),
    "webhook": Group(
        "Where a tenant's events are posted to.", verbs=verb_table.WEBHOOK
    ),
    **of_noun(nouns.COMMANDS, verb_table.COMMANDS),
    "export": f"{_CLI}.transfer:export_command",
    "replay": f"{_CLI}.transfer:replay_command",
}
# A noun that is new in the schema needs no line here.
for _one in _PLANE.values():
    COMMANDS.setdefault(_one.name, Group(_one.text, _one))
