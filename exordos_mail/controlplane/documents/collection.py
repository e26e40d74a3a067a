# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A collection of documents, as builder and gateway see it."""

import dataclasses
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import keyring


class Queries(tp.Protocol):
    """A session of restalchemy or a connection of psycopg, rows as mappings."""

    def execute(self, query: tp.Any, params: tp.Any = None, /) -> tp.Any:
        """Run one statement; return its cursor."""


@dataclasses.dataclass(frozen=True)
class View:
    """An instance in the database, which shows one moment of it.

    Attributes:
        queries: where to ask.
        instance: which one.
        keys: open the secrets.
        stores: whether digests that had to be computed are kept for who asks next.
    """

    queries: Queries
    instance: sys_uuid.UUID
    keys: keyring.Keyring
    stores: bool = False

    def rows(self, query: str, *parameters: tp.Any) -> list[tp.Any]:
        """Return the rows of a query; the instance is its first parameter."""
        found = self.queries.execute(query, (self.instance, *parameters))
        return list(found.fetchall())


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts by bucket, and why some could not be made ("": all were).

    The reason is for the tenant; the operator's is in the log.
    """

    texts: dict[str, str] = dataclasses.field(repr=False)
    problem: str = ""


class Collection(tp.Protocol):
    """Documents of one kind.

    Both methods raise `keyring.KeyringError` where nothing can be made without a key.
    """

    name: str

    def digests(self, view: View) -> dict[str, str]:
        """Return the digests, or tags, of all buckets that have documents."""

    def texts(self, view: View, buckets: tp.Collection[str]) -> Texts:
        """Return the texts of these buckets, as far as they have documents."""
