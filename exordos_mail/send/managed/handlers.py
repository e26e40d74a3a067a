# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What the control socket answers."""

import asyncio

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api.problem import Problem, conflict
from exordos_mail.send.api.route import Access, Call, Logged, Route, of
from exordos_mail.send.certificate import Certificate
from exordos_mail.send.health import handlers as health
from exordos_mail.send.managed import apply, document, outcomes, returned, wanted
from exordos_mail.send.managed.node_server import NodeServer
from exordos_mail.send.storage import database
from exordos_mail.send.tenants import records as tenants

#: Characters of a problem's line.
_DETAIL_MAX = 500


class ManagedOut(msgspec.Struct):
    """Which contents are in place, and whether the service is of use."""

    #: Tag by UUID.
    tenants: dict[str, str]
    #: Why it is not ready, in one line.
    problem: str | None


class Handlers:
    """Change managed tenants, one change after the other."""

    def __init__(
        self, node_server: NodeServer, certificate: Certificate | None
    ) -> None:
        """Make them.

        Args:
            certificate: what the public API shows; None: http.
        """
        self._node_server = node_server
        self._certificate = certificate
        # The second of two documents of one new tenant finds the first one's rows.
        self._turn = asyncio.Lock()

    def table(self) -> tuple[Route, ...]:
        """Return the routes of the control socket; no public description has them."""
        one = "/v1/managed/tenants/{uuid}"
        control, once = Access.CONTROL, Logged.ONCE
        return (
            of(self.get, "GET", "/v1/managed", control),
            # Documents have secrets, and are of this service only: none is logged.
            of(self.put, "PUT", one, control, reads=document.Document, log=once),
            of(self.remove, "DELETE", one, control, log=once),
            *outcomes.table(),
            *returned.table(),
        )

    async def get(self, call: Call) -> ManagedOut:
        """List the managed tenants."""
        rows = await call.base.read(tenants.managed)
        tags = {str(row.managed_uuid): str(row.managed_tag) for row in rows}
        found = await health.obstacles(call.service)
        problems = [f"{error.field} {error.message}" for error in found]
        if self._certificate is not None and self._certificate.problem is not None:
            problems.append(self._certificate.problem)
        return ManagedOut(tags, "; ".join(problems) or None)

    async def put(self, call: Call) -> None:
        """Make a tenant what a document says."""
        service = call.service
        try:
            # Thousands of addresses take a while, and others have calls too.
            asked = await asyncio.to_thread(self._read, call)
            async with self._turn:
                changed = await service.base.write(
                    apply.put, asked, service.secrets, clock.now()
                )
        except database.Conflict:
            raise conflict("exists", "api_keys: one is another tenant's") from None
        except Problem as problem:
            raise _in_one_line(problem) from None
        tenant_id = asked.tenant.id
        if changed.tenant:
            service.dispatcher.invalidate(tenant_id)
        for relay_id in changed.relays:
            service.dispatcher.invalidate(tenant_id, relay_id)
        service.dispatcher.listed(tenant_id)
        service.dispatcher.wake_all()

    async def remove(self, call: Call) -> None:
        """Remove a tenant with everything of theirs, if there is one."""
        async with self._turn:
            gone = await call.base.write(apply.remove, call.path["uuid"])
        if gone is not None:
            call.service.dispatcher.invalidate(gone)
            await call.service.sources.forget(gone)

    def _read(self, call: Call) -> wanted.Wanted:
        given = document.decode(call.body or b"")
        if given.uuid != call.path["uuid"]:
            raise Problem(422, "invalid", "uuid: not the one of the path")
        return wanted.read(given, self._node_server, call.service.secrets, clock.now())


def _in_one_line(problem: Problem) -> Problem:
    """Return a problem whose detail says everything."""
    errors = "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
    # A document may name its members as it likes.
    detail = " ".join((errors or problem.detail).split())
    return Problem(problem.status, problem.code, detail[:_DETAIL_MAX])
