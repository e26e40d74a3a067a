#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.


"""The routes of the control socket; they are in no public description."""

from exordos_mail.send.api.route import Access, Logged, Route
from exordos_mail.send.control.document import Document
from exordos_mail.send.control.handlers import Handlers, ManagedOut


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
