# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The routes of the control socket; they are in no public description."""

from exordos_mail.send.api.route import Access, Logged, Route
from exordos_mail.send.managed.document import Document
from exordos_mail.send.managed.handlers import Handlers, ManagedOut


def table(handlers: Handlers) -> tuple[Route, ...]:
    """Return the routes."""
    one = "/v1/managed/tenants/{uuid}"
    return (
        Route(
            "GET",
            "/v1/managed",
            Access.CONTROL,
            handlers.get,
            "List the managed tenants",
            200,
            ManagedOut,
        ),
        # Documents have secrets, and are of this service only: they are not logged.
        Route(
            "PUT",
            one,
            Access.CONTROL,
            handlers.put,
            "Make a tenant what a document says",
            204,
            body=Document,
            decodes=True,
            log=Logged.ONCE,
        ),
        Route(
            "DELETE",
            one,
            Access.CONTROL,
            handlers.remove,
            "Remove a managed tenant with everything of theirs",
            204,
            log=Logged.ONCE,
        ),
    )
