# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""GET .../domains/<uuid>/zone: the records of a domain as text of a zone file."""

import typing as tp

from restalchemy.api import routes
from restalchemy.common import exceptions as ra_exceptions
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.api import controllers, specification
from exordos_mail.controlplane.dns import facts
from exordos_mail.standards.dns import wanted, zone

#: Name of the route below a domain.
NAME = "zone"

_TEXT = {"type": "string", "example": "_dmarc.example.com. 3600 IN TXT ..."}
_OPERATION = {
    "summary": "Show what to paste into the domain's zone file",
    "description": "Names are complete and end with a dot; long texts are split.",
    "tags": ["MailDNSRecord"],
    "responses": {
        "200": {
            "description": "Lines of a zone file (RFC 1035 section 5).",
            "content": {"text/plain": {"schema": _TEXT}},
        }
    },
}


class ZoneRoute(routes.Route):
    """.../domains/<uuid>/zone"""

    __controller__ = controllers.of("domain")
    __allow_methods__: tp.ClassVar[list[str]] = [routes.FILTER]

    @classmethod
    def has_path(cls, parts: list[str]) -> bool:
        """Tell whether the path ends here."""
        return parts in ([], [""])

    def do(self, parent_resource: tp.Any = None, **kwargs: tp.Any) -> tp.Any:
        """Answer with the text.

        Raises:
            UnsupportedHttpMethod: the method is not GET.
        """
        self.restore_path_info(self._req)
        if self._req.method != "GET":
            raise ra_exceptions.UnsupportedHttpMethod(method=self._req.method)
        self.get_controller(self._req).enforce("read")
        with engines.engine_factory.get_engine().session_manager() as session:
            (domain,) = facts.of_domains(session, [parent_resource.uuid])
        text = zone.snippet(domain.facts.domain, wanted.wanted(domain.facts))
        return self._req.ResponseClass(
            body=text.encode(), status=200, content_type="text/plain", charset="utf-8"
        )

    def build_openapi_specification(
        self, current_path: str = "/", parameters: tp.Any = None
    ) -> tp.Any:
        """Describe the one path."""
        path = current_path.rstrip("/")
        controller = self.get_controller(request=self._req)
        found = specification.operation(_OPERATION, NAME, path, controller)
        found["operationId"] = self._build_operation_id("get", path)
        return {path: {"get": found}}, {}
