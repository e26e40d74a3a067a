# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The definition of a noun: a kind of object of the control plane.

Its table, model, path, permissions, description, manifest, audit events and commands
are made of it.
"""

import dataclasses

from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind

#: What belongs to the model of every noun: the identifier and both times.
UUID = Field(
    "uuid",
    Kind.OWN,
    "Identifier; chosen by the server if not given.",
    "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f",
    sortable=True,
    derived=True,
)
CREATED_AT = Field(
    "created_at",
    Kind.OWN,
    "Time of creation, UTC.",
    "2026-01-31T12:00:00.000000Z",
    access=Access.READ_ONLY,
    sortable=True,
)
UPDATED_AT = Field(
    "updated_at",
    Kind.OWN,
    "Time of the last change by a user, UTC.",
    "2026-01-31T12:30:00.000000Z",
    access=Access.READ_ONLY,
    sortable=True,
)
PROJECT_ID = Field(
    "project_id",
    Kind.OWN,
    "Project that owns the object. Default: the project of the token, or of the"
    " object's parent; a token without a project has to name one.",
    "4d657461-0000-0000-0000-000000000002",
    access=Access.SET_ONCE,
    filterable=True,
    derived=True,
)

_ACTIONS = ("create", "read", "update", "delete")
_VOWELS = "aeiou"
_DECLARABLE = (Access.FREE, Access.SET_ONCE, Access.WRITE_ONLY)


@dataclasses.dataclass(frozen=True)
class Noun:
    """A kind of object.

    Attributes:
        name: one of them, as fields and texts refer to it.
        plural: the collection in paths, manifests and on the command line.
        text: for people: what it is. One sentence.
        fields: its own, in the order in which people read them.
        below: name of the noun that it belongs to; "": to nothing.
        key: the field that people know one by, unique below what it belongs to.
        title: how texts call one; "": by the name.
        model: name of the model's class; "": made of the name.
        table: "": made of the plural.
        permission: as `exordos_mail.<permission>.<action>`; "": the name.
        conflict: text of a clash with another row; "": made of the key.
        project: its objects are in projects; else they are of the whole platform.
        read_only: REST shows it and changes nothing.
        declarable: a manifest may declare it.
        declared: fields that a manifest may have besides those of a request.
        one_of: of these, creation takes exactly one and a change at most one.
        documents: the collection of a node's state that holds its objects; "": none. A
            node sees the fields that say `node`; if none does, all that people and
            secrets do not need.
        newest_first: the field by whose values, the largest first, a list is sorted
            where a request asks for no other order; "": by identifiers.
        listed: what a list on the command line shows.
        own_actions: what can be asked of one besides.
    """

    name: str
    plural: str
    text: str
    fields: tuple[Field, ...]
    below: str = ""
    key: str = "uuid"
    title: str = ""
    model: str = ""
    table: str = ""
    permission: str = ""
    conflict: str = ""
    project: bool = True
    read_only: bool = False
    declarable: bool = True
    declared: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    documents: str = ""
    newest_first: str = ""
    listed: tuple[str, ...] = ()
    own_actions: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        """Fill in the names that follow from others."""
        camel = "".join(part.capitalize() for part in self.name.split("_"))
        title = self.title or self.name.replace("_", " ")
        end = f", or the {self.below} is gone" if self.below else ""
        made = {
            "title": title,
            "model": f"Mail{camel}",
            "table": f"mail_{self.plural}",
            "permission": self.name,
            "conflict": f"{_article(title)} of this {self._unique} exists{end}",
        }
        for name, value in made.items():
            object.__setattr__(self, name, getattr(self, name) or value)

    @property
    def _unique(self) -> str:
        return "uuid" if self.key == "uuid" else f"{self.key} or uuid"

    @property
    def titles(self) -> str:
        """How texts call several."""
        one = self.title
        return (
            f"{one[:-1]}ies"
            if one.endswith("y") and one[-2] not in _VOWELS
            else f"{one}s"
        )

    @property
    def audit_type(self) -> str:
        """Name of its kind in audit events."""
        return f"mail_{self.permission.removeprefix('mail_')}"

    @property
    def actions(self) -> tuple[str, ...]:
        """What a permission may allow to do with its objects."""
        usual = ("read",) if self.read_only else _ACTIONS
        return (*usual, *(one.name for one in self.own_actions))

    @property
    def manifest_model(self) -> str:
        """Name of the model's class as manifests see it."""
        return self.model.replace("Mail", "Declared", 1)

    @property
    def members(self) -> tuple[Field, ...]:
        """All fields: its own and those of every noun, but for the parent's."""
        project = (PROJECT_ID,) if self.project else ()
        return (UUID, *self.fields, *project, CREATED_AT, UPDATED_AT)

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the fields whose values nothing shows."""
        return frozenset(one.name for one in self.fields if one.secret)

    @property
    def sealed(self) -> str | None:
        """Name of the field that is sealed in the row."""
        return next((one.name for one in self.fields if one.sealed), None)

    @property
    def declarable_fields(self) -> frozenset[str]:
        """Names of the fields that a manifest may hold besides the uuid."""
        names = {
            one.name
            for one in self.members
            if one.access in _DECLARABLE and one.declared and not one.only_service
        }
        parent = {self.below} if self.below else set()
        return frozenset((names | parent | set(self.declared)) - {"uuid"})

    def field(self, name: str) -> Field:
        """Return a field of it by name (KeyError: it has no such field)."""
        return {one.name: one for one in self.members}[name]


def _article(title: str) -> str:
    return f"an {title}" if title[0] in "aeiouAEIOU" else f"a {title}"
