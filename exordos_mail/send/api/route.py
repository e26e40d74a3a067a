# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a route is, and the decorator that makes one of a handler.

    @route("PATCH", "/v1/relays/{relay}", Access.MANAGE)
    async def change(call: Call, given: RelayChangeIn) -> RelayOut:
        ...

The handler says the rest: `given` is the decoded body, `query` the parameters of the
query, the result the answer's body, and the first line of its text the summary.
"""

import dataclasses
import enum
import typing as tp

import msgspec

from exordos_mail.send.api.principal import Principal
from exordos_mail.send.service import Service
from exordos_mail.send.storage import database


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
    #: The body; decoded it is `given`.
    body: bytes | None
    given: tp.Any
    headers: tp.Mapping[str, str]
    #: In the command log; empty: the call is not written there.
    id: str = ""

    @property
    def base(self) -> database.Units:
        """Return what units of work of this call run on."""
        return self.service.base


class Plain(tp.NamedTuple):
    """An answer's body that is no JSON."""

    content: str | bytes
    media_type: str
    headers: tp.Mapping[str, str] = {}


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


#: Media type of bodies, unless a route says another one.
JSON: tp.Final = "application/json"
Handler = tp.Callable[..., tp.Awaitable[object]]
H = tp.TypeVar("H", bound=Handler)


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    access: Access
    handler: Handler
    summary: str
    #: Status and body of the answer when all goes well; None: no body.
    status: int
    answer: tp.Any = None
    body: tp.Any = None
    query: type[msgspec.Struct] = NoQuery
    #: The handler decodes the body itself: it is mail, and is not logged.
    decodes: bool = False
    #: Media type of the body.
    media: str = JSON
    #: Others that it may have.
    more_media: tuple[str, ...] = ()
    #: Bytes of a body that the handler decodes; None: as the service is set.
    most: int | None = None
    #: None: NOT for GET, REPLAYABLE for the others.
    log: Logged | None = None
    #: It is to free what is stored: a tenant that has too much may call it.
    frees: bool = False
    #: Members of the call that the handler takes beside it.
    takes: tuple[str, ...] = ()

    async def answered(self, call: Call) -> object:
        """Let the handler answer a call."""
        return await self.handler(call, *(getattr(call, name) for name in self.takes))

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


def of(
    handler: Handler,
    method: str,
    path: str,
    access: Access,
    status: int = 200,
    *,
    reads: tp.Any = None,
    media: str = JSON,
    more_media: tuple[str, ...] = (),
    most: int | None = None,
    log: Logged | None = None,
    frees: bool = False,
    summary: str = "",
) -> Route:
    """Return the route of a handler.

    Args:
        status: of the answer when all goes well; 204 when the handler returns nothing.
        reads: type of a body that the handler decodes itself.
        media: media type of the body; `more_media`: others that it may have.
        most: bytes of such a body; None: as the service is set.
        summary: of a handler that has several routes.
    """
    types = tp.get_type_hints(handler)
    answer = types["return"]
    nothing = answer is type(None)
    line = (handler.__doc__ or "").partition("\n")[0]
    return Route(
        method=method,
        path=path,
        access=access,
        handler=handler,
        summary=summary or line.rstrip("."),
        status=204 if nothing else status,
        answer=None if nothing or answer is Plain else answer,
        body=types.get("given", reads),
        query=types.get("query", NoQuery),
        decodes=reads is not None,
        media=media,
        more_media=more_media,
        most=most,
        log=log,
        frees=frees,
        takes=tuple(name for name in types if name in ("given", "query")),
    )


#: What the decorators have made; `routes.TABLE` has all of it.
MADE: list[Route] = []


def route(
    method: str, path: str, access: Access, status: int = 200, **more: tp.Any
) -> tp.Callable[[H], H]:
    """Put a handler into the table; the arguments are those of `of`."""

    def put(handler: H) -> H:
        MADE.append(of(handler, method, path, access, status, **more))
        return handler

    return put
