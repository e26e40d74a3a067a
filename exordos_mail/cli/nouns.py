# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Resources, as commands show them and take them: the table of nouns.

A resource that is one more row here, or of `schema`, has its commands by that.
"""

import dataclasses
import typing as tp

from exordos_mail.cli.members import Member, moment, of_fields
from exordos_mail.schema import bounce_mailbox, catalogue, delivery, relay
from exordos_mail.schema import noun as schema
from exordos_mail.schema.action import Action

#: Commands that a noun may have.
Usual = tp.Literal["list", "show", "add", "change", "remove"]
ALL: tuple[Usual, ...] = ("list", "show", "add", "change", "remove")
#: Nouns of which a context, or an option of all commands, says which one is meant.
_OF_CONTEXT = ("instance", "tenant")


@dataclasses.dataclass(frozen=True)
class Noun:
    """A kind of resource.

    Attributes:
        name: of the group of commands, and of the collection in a path.
        singular: one of them, for people.
        text: for people: what it is.
        key: the member that people call one by.
        key_members: the same as an option of `change`, where it may be another one.
        columns: members that a list shows; empty: the key and all that is no secret.
        below: name of the noun that the control plane has it below of.
        chosen: names of the nouns of which an option says which one it is below of.
        kept: by the control plane alone; by it for an instance, and by a send service
            for itself; or by a send service alone, also that of a node.
        of_tenant: each tenant of a send service has some of its own.
        plane_name, plane_key: what the control plane calls the collection and the key.
        actions: the commands that it has.
        renamed: what a command is called instead.
        helps: what a command's help says instead.
        replaced: how a send service makes one: PUT with its key. `whole`: what is
            there is not overwritten by `add`, and `change` sends all of it.
        loses: what goes with one that is removed, if that is more than itself.
        filters: of a list.
        own_actions: what the control plane does with one besides.
        newest_first: a list ends with the oldest; None: it is short, and has no end.
    """

    name: str
    singular: str
    text: str
    columns: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    _: dataclasses.KW_ONLY
    key: str = "id"
    key_members: tuple[Member, ...] = ()
    below: str = ""
    chosen: tuple[str, ...] = ()
    kept: tp.Literal["plane", "both", "service"] = "plane"
    of_tenant: bool = True
    plane_name: str = ""
    plane_key: str = ""
    actions: tuple[Usual, ...] = ALL
    renamed: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)
    helps: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)
    replaced: tp.Literal["", "lightly", "whole"] = ""
    loses: str = ""
    filters: tuple[Member, ...] = ()
    own_actions: tuple[Action, ...] = ()
    newest_first: bool | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the columns of a list."""
        open_ = (one.name for one in self.members if one.type != "secret")
        return self.columns or (self.key, *open_)


BATCH = Member("batch", "Of this batch only.", metavar="CODE")
STATE = Member("state", "In this state only.")
RECIPIENT = Member("recipient", "To this address only.", metavar="ADDRESS")
REFERENCE = Member("reference", "With this reference only.")
TAG = Member("tag", "With this tag only.")


def of_schema(
    noun: schema.Noun,
    less: tuple[str, ...] = (),
    more: tuple[Member, ...] = (),
    **own: tp.Any,
) -> Noun:
    """Return what commands need of a noun of the control plane.

    Args:
        less: names of members that a send service has not.
        more: members that a send service has besides.
        own: what the command line has for it.
    """
    both = own.get("kept") == "both"
    fields = tuple(
        # Another name of what is called by its key is no reason to ask for a secret.
        dataclasses.replace(one, asked_with="") if one.asked_with == noun.key else one
        for one in of_fields(one for one in noun.fields if one.name != noun.key)
    )
    key = of_fields(one for one in noun.fields if one.name == noun.key != "name")
    members = (
        *(_marked(one, "an instance") if one.name in less else one for one in fields),
        *(_marked(one, "a send service") for one in more),
    )
    known = dict(
        name=noun.plural.replace("_", "-"),
        singular=noun.title,
        text=noun.text,
        columns=() if both else noun.listed,
        members=members,
        key_members=tuple(one for one in key if not one.set_once),
        # A send service calls all by their ids.
        key="id" if both and noun.key == "uuid" else noun.key,
        below=noun.below,
        chosen=_chosen(noun),
        own_actions=noun.own_actions,
        plane_name=noun.plural,
        plane_key=noun.key,
        actions=("list", "show") if noun.read_only else ALL,
        loses=_lost(noun.name, [one.titles for one in catalogue.below(noun.name)]),
    )
    return Noun(**{**known, **own})


def _marked(member: Member, where: str) -> Member:
    return dataclasses.replace(member, help=f"{member.help} On {where} only.")


def _chosen(noun: schema.Noun) -> tuple[str, ...]:
    """Return the nouns between one and what a context says, the nearest first."""
    if not noun.below or noun.below in _OF_CONTEXT:
        return ()
    return (noun.below, *_chosen(catalogue.nouns()[noun.below]))


def _lost(name: str, children: list[str]) -> str:
    if not children:
        return ""
    *first, last = children
    named = f"{', '.join(first)} and {last}" if first else last
    mail = ", and all mail that waits" if name in _OF_CONTEXT else ""
    return f"all its {named}{mail}"


_SENDER_DOMAINS = Member(
    "sender_domains",
    "Domain that it may send from.",
    option="--sender-domain",
    many=True,
)
_RELAY_COLUMNS = ("id", "host", "port", "tls", "username", "concurrency", "public_only")
_OWN: dict[str, dict[str, tp.Any]] = {
    "tenant": {
        "columns": (
            *("id", "name", "active", "limit_minute", "limit_hour", "limit_day"),
            *("callback_url", "managed"),
        ),
        "less": ("description",),
        "more": (_SENDER_DOMAINS,),
        "kept": "both",
        "of_tenant": False,
    },
    "api_key": {
        "name": "keys",
        "columns": (
            *("id", "name", "scopes", "test"),
            *("created_at", "expires_at", "revoked_at"),
        ),
        "less": ("description",),
        "more": (
            Member(
                "test",
                "Nothing that is submitted with it is ever sent.",
                "flag",
                option="--test",
            ),
        ),
        "kept": "both",
        "actions": ("list", "remove"),
        "renamed": {"remove": "revoke"},
        "helps": {"remove": "Revoke a key for good."},
    },
    "relay": {
        "columns": _RELAY_COLUMNS,
        "less": ("name", "description"),
        "more": of_fields(one for one in relay.FIELDS if one.only_service),
        "kept": "both",
        "helps": {
            "add": "Make a relay.\n\nMessages that name none use the one called"
            " `default`.",
            "remove": "Remove a relay that no message waits for.",
        },
    },
    "delivery": {
        "filters": (
            Member("state", "In this state only.", words=delivery.STATES),
            RECIPIENT,
            Member("sender", "From this envelope sender only.", metavar="ADDRESS"),
            Member("login", "Sent by this account only.", metavar="ADDRESS"),
            Member("message_id", "With this Message-ID only, without angle brackets."),
            Member("queue_id", "With this identifier at the machine only."),
        ),
        "newest_first": True,
        "helps": {"list": "List what became of mail, the newest first."},
    },
    "suppression": {
        "columns": ("address", "reason", "source", "created_at", "expires_at"),
        "less": ("name", "description"),
        "kept": "both",
        "actions": ("list", "show", "add", "remove"),
        "replaced": "lightly",
        "helps": {
            "add": "Suppress an address: it gets no mail of the tenant.",
            "remove": "Lift a suppression: send to the address again.",
        },
    },
}
#: Of the control plane, by the name that they have there.
OF_PLANE = {
    name: of_schema(noun, **_OWN.get(name, {}))
    for name, noun in catalogue.nouns().items()
}
STORAGES = Noun(
    "storages",
    "storage",
    "A place that attachments are fetched from.",
    ("name", "protocol", "created_at", "updated_at"),
    (
        Member(
            "protocol",
            "How files are fetched.",
            words=("local", "s3", "gcs", "azure"),
            required=True,
        ),
        Member(
            "config",
            "JSON object with what the protocol needs, all of it"
            " (docs/send/attachments.md); - is standard input.",
            "object",
            required=True,
        ),
    ),
    key="name",
    kept="service",
    replaced="whole",
    helps={
        "show": "Show a storage without its configuration.",
        "change": "Replace the configuration of a storage.",
        "remove": "Remove a storage.\n\nAttachments in it can no longer be fetched.",
    },
)
BOUNCE_MAILBOXES = Noun(
    "bounce-mailboxes",
    "bounce mailbox",
    "A mailbox elsewhere that bounces are read from.",
    (
        *("id", "protocol", "host", "username", "after", "state", "polled_at"),
        *("bounces", "complaints", "others", "unread", "events", "last_error"),
    ),
    tuple(
        dataclasses.replace(one, type="file") if one.name == "ca" else one
        for one in of_fields(bounce_mailbox.FIELDS)
    ),
    kept="service",
    helps={
        "show": "Show a bounce mailbox, and how far it is read.",
        "remove": "Remove a bounce mailbox.\n\nThe mail in it stays.",
    },
)
MESSAGES = Noun(
    "messages",
    "message",
    "A message of a tenant.",
    ("id", "state", "priority", "relay", "due_at", "attempts", "sender", "subject"),
    kept="service",
    actions=("list", "remove"),
    filters=(
        STATE,
        BATCH,
        Member("relay", "By this relay only.", metavar="ID"),
        RECIPIENT,
        REFERENCE,
        TAG,
    ),
    newest_first=True,
    helps={
        "list": "List messages, the newest first.",
        "remove": "Remove a message that is final.",
    },
)
COMMANDS = Noun(
    "commands",
    "command",
    "The command log of a send service; for the admin.",
    ("id", "at", "actor", "tenant", "method", "path", "status"),
    kept="service",
    actions=("list",),
    filters=(
        Member("actor", "Calls of `admin` or `key:ID`."),
        Member("method", "Calls of this method, such as POST."),
        Member("path", "Calls whose path begins with this."),
        moment("since", "Not before this moment (RFC 3339)."),
        moment("until", "Before this moment."),
    ),
    newest_first=False,
    helps={"list": "List commands, the oldest first.\n\nOf one tenant with --tenant."},
)
