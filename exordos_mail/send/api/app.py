# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The ASGI application: every route of the table behind the same door."""

import collections.abc as abc
import contextlib
import dataclasses
import logging
import typing as tp

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from exordos_mail.send import limits
from exordos_mail.send.api import decoding, routes
from exordos_mail.send.api.paths import Paths
from exordos_mail.send.api.principal import CONTROL, NOBODY
from exordos_mail.send.api.problem import Problem, invalid, too_much
from exordos_mail.send.api.room import Room
from exordos_mail.send.api.route import JSON, Access, Call, Logged, Plain, Route
from exordos_mail.send.commands import recording
from exordos_mail.send.commands.recording import Recorder
from exordos_mail.send.keys import auth
from exordos_mail.send.metrics import counters
from exordos_mail.send.queue.bounds import TooMuch
from exordos_mail.send.service import Service
from exordos_mail.send.storage import database
from exordos_mail.send.storage.reports import Reports, Turns

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
#: Seconds after which a caller may try again when the database is away.
_RETRY_AFTER = "5"


def build(service: Service, table: abc.Iterable[Route] = routes.TABLE) -> ASGIApp:
    """Return the application of a service, with the routes of a table.

    It stands before the server without anything between them: layers of
    middleware took a third of the time of a call.
    """
    turns, room = Turns(), Room()
    paths = Paths(
        (row.method, row.path, _endpoint(service, row, turns, room)) for row in table
    )

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            endpoint, parameters = paths.find(scope["method"], _path(scope))
            scope["path_params"] = parameters
            response = await endpoint(request)
        except Problem as problem:
            response = _problem(problem)
        except Exception:
            # The caller is told nothing of the inside.
            log.exception("a call has failed")
            response = _problem(_failed())
        await response(scope, receive, send)

    return application


def _path(scope: Scope) -> str:
    """Return a path as it stands in the request, without the query."""
    return bytes(scope["raw_path"]).partition(b"?")[0].decode("ascii", "replace")


def _endpoint(
    service: Service, row: Route, turns: Turns, room: Room
) -> tp.Callable[[Request], tp.Awaitable[Response]]:
    decode = None
    if row.body is not None and not row.decodes:
        decode = msgspec.json.Decoder(row.body).decode
    most = service.body_max if row.decodes else limits.CALL_BODY.value
    if row.most is not None:
        most = row.most
    kinds = (row.media, *row.more_media)

    async def endpoint(request: Request) -> Response:
        async with contextlib.AsyncExitStack() as held:
            return await answered(request, held)

    async def answered(request: Request, held: contextlib.AsyncExitStack) -> Response:
        recorder: Recorder | None = None
        try:
            call = await _call(service, row, request)
            if row.body is not None:

                async def take(octets: int, tenant_id: str = call.tenant_id) -> None:
                    await held.enter_async_context(room.taken(tenant_id, octets))

                call.body = await _body(request, kinds, most, take)
            if row.reports:
                base = Reports(service.base, turns.of(call.tenant_id))
                call.service = dataclasses.replace(service, base=base)
            if row.of_tenant and row.stores:
                await _take(call)
            if row.logged is not Logged.NOT:
                recorder = recording.recorder(call, row, request)
                recording.record(call, recorder)
            if decode is not None:
                body = call.body or b""
                call.given = decoding.decode(decode, body)
                decoding.check_names(body)
            answer = await row.answered(call)
            if recorder is not None:
                await recorder.succeeded()
        except Problem as problem:
            counters.refused(problem.status)
            return await _refused(problem, recorder)
        except database.DatabaseUnavailable as error:
            log.error("the database is unavailable: %s", error)
            return _problem(_unavailable())
        except database.BadValue as error:
            return await _refused(Problem(422, "invalid", str(error)), recorder)
        except ClientDisconnect:
            return _problem(Problem(400, "incomplete", "the request ended early"))
        return _response(row.status, answer)

    return endpoint


def _failed() -> Problem:
    return Problem(500, "internal", "an error of the service: see its log")


def _unavailable() -> Problem:
    return Problem(
        503,
        "unavailable",
        "the database cannot be used now: nothing was done, try again",
        headers={"Retry-After": _RETRY_AFTER},
    )


async def _call(service: Service, row: Route, request: Request) -> Call:
    principal = NOBODY
    tenant_id = ""
    parameters = dict(request.query_params)
    header = request.headers.get("authorization")
    if row.access is Access.METRICS:
        principal = await auth.may_read_metrics(service, header)
    elif row.access is Access.CONTROL:
        principal = CONTROL
    elif row.access is not Access.PUBLIC:
        principal = await auth.authenticate(service, header)
    if row.of_tenant:
        wanted = request.path_params.get("tenant", parameters.pop("tenant", None))
        tenant_id = auth.tenant_of(principal, row.access.value, wanted)
    elif row.access is Access.ADMIN and not principal.is_admin:
        raise Problem(403, "forbidden", "only the admin token may do this")
    try:
        query = msgspec.convert(parameters, row.query, strict=False)
    except msgspec.ValidationError as error:
        raise invalid([decoding.field_problem(error)]) from None
    return Call(
        service=service,
        principal=principal,
        tenant_id=tenant_id,
        path=request.path_params,
        query=query,
        body=None,
        given=None,
        headers=request.headers,
    )


async def _body(
    request: Request,
    kinds: tuple[str, ...],
    most: int,
    take: tp.Callable[[int], tp.Awaitable[None]],
) -> bytes:
    """Return a body.

    Args:
        kinds: media types, of which it has to have one.
        take: waits for room for a large one; one that does not tell its length is
            small until it is not.

    Raises:
        Problem: 413, 415, 503.
    """
    declared = request.headers.get("content-length", "")
    too_large = Problem(413, "too_large", f"a request has at most {most} bytes")
    expected = int(declared) if declared.isdigit() else 0
    if expected > most:
        raise too_large
    kind = request.headers.get("content-type", JSON)
    if kind.partition(";")[0].strip().lower() not in kinds:
        code = "not_json" if kinds == (JSON,) else "wrong_media_type"
        raise Problem(415, code, f"send Content-Type: {' or '.join(kinds)}")
    if expected > limits.SMALL_BODY:
        await take(expected)
    parts = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large
        if not expected and size > limits.SMALL_BODY:
            expected = most
            await take(expected)
        parts.append(part)
    return b"".join(parts)


async def _take(call: Call) -> None:
    """Let a tenant's call take a part of the disk."""
    octets = len(call.body or b"")
    try:
        await call.service.admission.take(call.service.base, call.tenant_id, octets)
    except TooMuch as error:
        raise too_much(str(error)) from None


def _response(status: int, answer: object) -> Response:
    if answer is None:
        return Response(status_code=status)
    if isinstance(answer, Plain):
        content, kind, more = answer
        return Response(content, status, dict(more), media_type=kind)
    return Response(_encode(answer), status, media_type="application/json")


async def _refused(problem: Problem, recorder: Recorder | None) -> Response:
    if recorder is not None:
        try:
            await recorder.failed(problem)
        except database.DatabaseUnavailable as error:
            log.error("a refused call is not in the command log: %s", error)
    return _problem(problem)


def _problem(problem: Problem) -> Response:
    return Response(
        _encode(problem.out()),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )
