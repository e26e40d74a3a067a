# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What else can be done with resources of a send service: the table of verbs."""

import dataclasses
import typing as tp

from exordos_mail.cli.members import Member, moment, of_fields
from exordos_mail.schema import tenant


@dataclasses.dataclass(frozen=True)
class Verb:
    """A command that is one call.

    Attributes:
        call: method and path. In braces is the argument, as help calls it. `[ID]`: it
            and the `/` before it may be left out; `ID...`: several, with a call for
            each.
        query, body: what options give.
        needs: of these, exactly `one` or `some` have to be given.
        data: more members come from a file.
        said: what is printed: of the argument `{which}` and the answer's members;
            empty: the answer.
        unless: member of the answer that is false on failure, and what is said then.
        of_tenant: it is about one tenant.
    """

    name: str
    help: str
    call: str
    _: dataclasses.KW_ONLY
    query: tuple[Member, ...] = ()
    body: tuple[Member, ...] = ()
    needs: tp.Literal["", "one", "some"] = ""
    data: bool = False
    said: str = ""
    unless: tuple[str, str] | None = None
    of_tenant: bool = True

    @property
    def argument(self) -> str:
        """Return what help calls the argument; empty: there is none."""
        return self.call.partition("{")[2].partition("}")[0]


_OLDER = Member("older_than", "Seconds since it was final.", "number", required=True)
_AGE = Member("older_than", "Seconds since the command.", "number", required=True)
_OVERLAP = Member("overlap", "Seconds that the previous secret signs too.", "number")
_CALLBACK = of_fields(one for one in tenant.FIELDS if one.name in tenant.CALLBACK)
_SINCE = moment("from_time", "From this moment on (RFC 3339).", "--since")
_FROM = Member("from_seq", "From this event on.", "number", option="--from", least=1)
AT = moment("send_at", "Not before this moment (RFC 3339).", "--at")
UNTIL = moment("expires_at", "Not after this moment.", "--expires")
PRIORITY = Member(
    "priority", "How urgent it is.", words=("immediate", "high", "medium", "low")
)

_MEANT = (
    Member("tag", "With this tag."),
    Member("reference", "With this reference."),
    Member("batch", "Of this batch.", metavar="CODE"),
    Member("state", "In this state."),
)

MESSAGES = (
    Verb(
        "cancel",
        "Cancel messages that are not sent yet.",
        "POST /v1/messages/{ID...}/cancel",
        said="cancelled {which}",
    ),
    Verb(
        "cancel-by",
        "Cancel messages that all of the options are true of.\n\nMany go on after the"
        " command.",
        "POST /v1/messages/cancel",
        body=_MEANT,
        needs="some",
        said="cancelled {changed}, {left} left",
    ),
    Verb(
        "remove-by",
        "Remove final messages that all of the options are true of.\n\nMany go on"
        " after the command.",
        "POST /v1/messages/remove",
        body=_MEANT,
        needs="some",
        said="removed {changed}, {left} left",
    ),
    Verb(
        "resend",
        "Send messages again to those who did not get them.\n\nEach is a new message.",
        "POST /v1/messages/{ID...}/resend",
        said="sent {which} again as {id}",
    ),
    Verb(
        "reschedule",
        "Change when or how urgently a message is sent.",
        "PATCH /v1/messages/{ID}",
        body=(AT, UNTIL, PRIORITY),
        needs="some",
        said="{which} is {state}",
    ),
    Verb(
        "clean-up",
        "Remove messages that have been final for some time.",
        "POST /v1/messages/clean-up",
        query=(_OLDER,),
        said="removed {removed}",
    ),
)
ERASURES = (
    Verb(
        "begin",
        "Take an address out of a tenant's messages and events.\n\nMuch goes on after"
        " the command. The suppression list keeps it.",
        "POST /v1/erasures",
        body=(Member("address", "The address to erase.", required=True),),
    ),
    Verb("show", "Show how far an erasure has come.", "GET /v1/erasures/{ID}"),
)
QUEUE = (
    Verb(
        "run-now",
        "Look at the queue at once; for the admin.\n\nElse it is within a second.",
        "POST /v1/queue/run-now",
        said="the queue is looked at",
        of_tenant=False,
    ),
    Verb(
        "status",
        "Show whether the whole service is paused; for the admin.",
        "GET /v1/queue/pause",
        of_tenant=False,
    ),
    Verb(
        "pause",
        "Send nothing of anybody; for the admin.\n\nMessages are accepted, and wait.",
        "PUT /v1/queue/pause",
        said="paused since {since}",
        of_tenant=False,
    ),
    Verb(
        "unpause",
        "Let the whole service send again; for the admin.",
        "DELETE /v1/queue/pause",
        said="sending again",
        of_tenant=False,
    ),
    Verb(
        "suspend",
        "Hold back a batch, or without BATCH everything.",
        "PUT /v1/suspensions/{[BATCH]}",
        said="suspended {messages} messages",
    ),
    Verb(
        "resume",
        "Let a batch, or without BATCH everything, go on.",
        "DELETE /v1/suspensions/{[BATCH]}",
        said="resumed {messages} messages",
    ),
)
WEBHOOK = (
    Verb("show", "Show the webhook's status.", "GET /v1/webhook"),
    Verb(
        "disable",
        "Disable the webhook; events wait meanwhile.",
        "POST /v1/webhook/disable",
        said="the webhook is {state}",
    ),
    Verb(
        "enable",
        "Enable the webhook again, or end a pause.",
        "POST /v1/webhook/resume",
        said="the webhook is {state}",
    ),
    Verb(
        "rotate",
        "Make a new signing secret; it is shown once.",
        "POST /v1/webhook/rotate",
        query=(_OVERLAP,),
    ),
    Verb(
        "set",
        "Change the webhook.",
        "PATCH /v1/webhook",
        body=_CALLBACK,
        data=True,
    ),
    Verb(
        "replay",
        "Post events again, from a number or a moment on.",
        "POST /v1/webhook/replay",
        body=(_SINCE, _FROM),
        needs="one",
        said="{waiting} events wait for the webhook",
    ),
    Verb(
        "test",
        "Post a test without events; say if it was accepted.",
        "POST /v1/webhook/test",
        said="accepted",
        unless=("taken", "not accepted: {reason}"),
    ),
)
BOUNCE_MAILBOXES = (
    Verb(
        "test",
        "Log in, open the folder and count; nothing is changed.",
        "POST /v1/bounce-mailboxes/{ID}/test",
        said="{which} can be read: {messages} mails",
        unless=("works", "{which} cannot be read: {reason}"),
    ),
    Verb(
        "poll",
        "Read a bounce mailbox now, also one that has failed.",
        "POST /v1/bounce-mailboxes/{ID}/poll",
        said="{which} is read now",
    ),
)
COMMANDS = (
    Verb(
        "show",
        "Show a command with its request and result.\n\nSecrets are masked.",
        "GET /v1/commands/{ID}",
        of_tenant=False,
    ),
    Verb(
        "purge",
        "Remove old commands.\n\nThey cannot be exported any more.",
        "POST /v1/commands/purge",
        query=(_AGE,),
        said="removed {removed}",
        of_tenant=False,
    ),
)
