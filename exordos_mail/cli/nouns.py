# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the control plane has, as commands show it and take it: the table of nouns.

A new resource of the control plane is one more row here.
"""

import dataclasses
import typing as tp

#: How a member is read from an option.
Type = tp.Literal["text", "number", "flag", "secret"]
#: Commands that a noun has.
Verb = tp.Literal["list", "show", "add", "change", "remove"]
ALL: tuple[Verb, ...] = ("list", "show", "add", "change", "remove")


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of a request, and the option for it."""

    name: str
    #: For people: meaning and unit.
    help: str
    type: Type = "text"
    #: `add` needs it.
    required: bool = False
    #: `change` cannot change it.
    set_once: bool = False


@dataclasses.dataclass(frozen=True)
class Noun:
    """A kind of resource."""

    #: Of the group of commands, and of the collection in the path.
    name: str
    #: One of them, for people.
    singular: str
    #: The member that people call one by; its uuid does, too.
    key: str
    #: What the group's help says.
    help: str
    #: Members that a list shows.
    columns: tuple[str, ...]
    members: tuple[Member, ...] = ()
    #: It is below an instance.
    of_instance: bool = False
    #: `add` takes the key as its argument.
    named: bool = False
    verbs: tuple[Verb, ...] = ALL


_DESCRIPTION = Member("description", "Text for people.")

INSTANCES = Noun(
    name="instances",
    singular="instance",
    key="domain",
    help="Mail instances: a mail server each, for one domain.",
    columns=("uuid", "name", "domain", "status", "ipv4"),
    members=(
        Member("name", "Name for people.", required=True),
        Member("cpu", "Cores of its node.", "number", required=True),
        Member("ram", "Memory of its node, in MiB.", "number", required=True),
        Member("disk_size", "Disk of its node, in GiB.", "number", required=True),
        Member("version", "Version: name or uuid.", required=True),
        _DESCRIPTION,
    ),
    named=True,
)
ACCOUNTS = Noun(
    name="accounts",
    singular="account",
    key="username",
    help="Accounts of an instance: who may log in to its mail server.",
    columns=("uuid", "username", "name", "active", "created_at"),
    members=(
        Member("password", "password", "secret", required=True),
        Member("name", "Name for people."),
        Member("active", "May it log in?", "flag"),
        _DESCRIPTION,
    ),
    of_instance=True,
    named=True,
)
VERSIONS = Noun(
    name="versions",
    singular="version",
    key="name",
    help="Versions: node images to choose from.",
    columns=("uuid", "name", "created_at", "description"),
    verbs=("list", "show"),
)
TABLE: dict[str, Noun] = {noun.name: noun for noun in (INSTANCES, ACCOUNTS, VERSIONS)}
