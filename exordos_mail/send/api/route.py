# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a route is: a row of the table in `routes.py`."""

import dataclasses
import enum
import typing as tp

import msgspec

from exordos_mail.send.api.auth import Principal
from exordos_mail.send.service import Service


class Access(enum.Enum):
    """Who may call a route.

    The last three are of one tenant: the key's own, or for the admin the one
    named by the path's `{tenant}` or by `?tenant=` (`default` if absent).
    """

    #: Without a token.
    PUBLIC = "public"
    #: With the admin token or the metrics token.
    METRICS = "metrics"
    #: Over the control socket only, where everybody who reaches it may.
    CONTROL = "control"
    ADMIN = "admin"
    SEND = "send"
    READ = "read"
    MANAGE = "manage"


class Logged(enum.Enum):
    """How a call goes into the command log (recording.py)."""

    #: It changes nothing.
    NOT = "not"
    #: About mail, or about this very service.
    ONCE = "once"
    #: It makes sense in another service too.
    REPLAYABLE = "replayable"


@dataclasses.dataclass
class Call:
    """A call that is authorised and decoded."""

    service: Service
    principal: Principal
    #: The tenant it is about; empty where the route is of none.
    tenant_id: str
    path: dict[str, str]
    query: tp.Any
    body: tp.Any
    headers: tp.Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Answer:
    """A status and a body; None: no body."""

    status: int
    body: object = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    #: None: the body is written as JSON; else it is bytes of this type.
    media_type: str | None = None


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


Handler = tp.Callable[[Call], tp.Awaitable[Answer]]


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    access: Access
    handler: Handler
    summary: str
    #: Status and body of the answer when all goes well.
    status: int
    answer: tp.Any = None
    body: tp.Any = None
    query: type[msgspec.Struct] = NoQuery
    #: The handler decodes the body itself: it is mail, and is not logged.
    decodes: bool = False
    #: None: NOT for GET, REPLAYABLE for the others.
    log: Logged | None = None
    #: It is to free what is stored: a tenant that has too much may call it.
    frees: bool = False

    @property
    def of_tenant(self) -> bool:
        """Tell whether the route is about one tenant."""
        return self.access in (Access.SEND, Access.READ, Access.MANAGE)

    @property
    def reports(self) -> bool:
        """Tell whether a call may read much: a list, counts, metrics."""
        if self.access is Access.METRICS:
            return True
        return self.method == "GET" and self.query is not NoQuery

    @property
    def stores(self) -> bool:
        """Tell whether a call may store something, which takes a part of the disk."""
        if self.frees or self.method in ("GET", "DELETE"):
            return False
        return self.logged is not Logged.NOT

    @property
    def logged(self) -> Logged:
        """Return how a call goes into the command log."""
        if self.log is not None:
            return self.log
        return Logged.NOT if self.method == "GET" else Logged.REPLAYABLE
