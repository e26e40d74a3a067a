# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Things that commands list, make, change and remove, wherever they are kept."""

import typing as tp
import uuid

from exordos_mail.cli import shapes
from exordos_mail.cli.api import Api, part
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.control_plane import ControlPlane
from exordos_mail.standards import recipient, rule
from exordos_mail.standards.program import Failure


class Collection(tp.Protocol):
    """Things of one kind, in the shape of the send service's API.

    Each method raises Failure when it is refused or there is no answer.
    """

    def list(self) -> tp.Sequence[shapes.Row]:
        """Return all of them."""

    def get(self, name: str) -> shapes.Row:
        """Return one."""

    def add(self, body: shapes.Body) -> shapes.Row:
        """Make one."""

    def change(self, name: str, body: shapes.Body) -> shapes.Row:
        """Change what is given of one."""

    def put(self, name: str, body: shapes.Body) -> shapes.Row:
        """Make or change one."""

    def remove(self, name: str, force: bool = False) -> None:
        """Remove one; `force`: also if that loses messages."""


class OfService:
    """Of a send service."""

    def __init__(self, api: Api, member: str, of_tenant: bool = True) -> None:
        """Make it.

        Args:
            member: of a list's answer, with the rows; also of the path.
            of_tenant: each tenant has some of its own.
        """
        self._api = api
        self._member = member
        self._path = f"/v1/{member}"
        self._of_tenant = of_tenant

    def list(self) -> list[Answer]:
        """Return all of them."""
        return self._api.pages(self._path, self._member, of_tenant=self._of_tenant)

    def get(self, name: str) -> Answer:
        """Return one."""
        return self._call("GET", self._one(name))

    def add(self, body: shapes.Body) -> Answer:
        """Make one."""
        return self._call("POST", self._path, body=body)

    def change(self, name: str, body: shapes.Body) -> Answer:
        """Change what is given of one."""
        return self._call("PATCH", self._one(name), body=body)

    def put(self, name: str, body: shapes.Body) -> Answer:
        """Make or change one."""
        return self._call("PUT", self._one(name), body=body)

    def remove(self, name: str, force: bool = False) -> None:
        """Remove one; without `force` only if no message is lost by it."""
        self._call("DELETE", self._one(name), {"force": "true"} if force else None)

    def _one(self, name: str) -> str:
        return f"{self._path}/{part(name)}"

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: shapes.Body | None = None,
    ) -> Answer:
        return self._api.call(method, path, query, body, self._of_tenant)


class OfInstance:
    """Of the control plane, in the shape of a send service's."""

    def __init__(
        self, plane: ControlPlane, kind: shapes.Kind, parent: tp.Callable[[], str]
    ) -> None:
        """Make it.

        Args:
            parent: returns the path that the collection is below of.
        """
        self._plane = plane
        self._kind = kind
        self._parent = parent

    def list(self) -> list[shapes.Body]:
        """Return all of them."""
        return [self._shown(row) for row in self._plane.rows(self._path())]

    def get(self, name: str) -> shapes.Body:
        """Return one."""
        return self._shown(self._row(name))

    def add(self, body: shapes.Body) -> shapes.Body:
        """Make one."""
        row = self._plane.call("POST", self._path(), body=self._wanted(body))
        return self._shown(row)

    def change(self, name: str, body: shapes.Body) -> shapes.Body:
        """Change what is given of one."""
        path = self.path_of(name)
        return self._shown(self._plane.call("PATCH", path, body=self._wanted(body)))

    def put(self, name: str, body: shapes.Body) -> shapes.Body:
        """Make or change one."""
        if self._found(name) is None:
            return self.add({self._kind.key: self._normal(name), **body})
        return self.change(name, body)

    def remove(self, name: str, force: bool = False) -> None:
        """Remove one; a tenant only with `force`, for nobody asks for its messages."""
        path = self.path_of(name)
        if self._kind is shapes.TENANT and not force:
            raise Failure("its messages go with it, sent or not: give --force")
        self._plane.call("DELETE", path)

    def path_of(self, name: str) -> str:
        """Return the path of one."""
        return f"{self._path()}{self._row(name)['uuid']}"

    def _row(self, name: str) -> Answer:
        found = self._found(name)
        if found is None:
            raise Failure(f"no such {self._kind.name} (404 not_found)")
        return found

    def _found(self, name: str) -> Answer | None:
        wanted = {self._kind.key: self._normal(name)}
        return next(iter(self._plane.rows(self._path(), **wanted)), None)

    def _normal(self, name: str) -> str:
        if self._kind is not shapes.SUPPRESSION:
            return name
        try:
            return recipient.normal(recipient.check(name))
        except rule.RuleError as error:
            raise Failure(str(error)) from None

    def _path(self) -> str:
        return f"{self._parent()}/{self._kind.path}/"

    def _shown(self, row: Answer) -> shapes.Body:
        return shapes.shown(self._kind, row)

    def _wanted(self, body: shapes.Body) -> shapes.Body:
        return shapes.wanted(body)


class OfPlatform(OfInstance):
    """Of the control plane alone: no send service has such things."""

    def _found(self, name: str) -> Answer | None:
        if not name:
            # A filter for nothing is none: it would find whatever there is.
            return None
        found = _uuid(name)
        key, name = (self._kind.key, name) if found is None else ("uuid", found)
        rows = self._plane.rows(self._path(), **{key: name})
        if len(rows) > 1:
            raise Failure(
                f"{len(rows)} {self._kind.path} have the {key} {name}: give a uuid"
            )
        return next(iter(rows), None)

    def _shown(self, row: Answer) -> shapes.Body:
        return dict(row)

    def _wanted(self, body: shapes.Body) -> shapes.Body:
        if "version" not in body:
            return body
        versions = OfPlatform(self._plane, shapes.VERSION, str)
        path = versions.path_of(body["version"])
        return {**body, "version": f"{self._plane.ROOT}{path}"}


def _uuid(text: str) -> str | None:
    """Return a uuid as the control plane writes it; None: the text is none."""
    try:
        found = str(uuid.UUID(text))
    except ValueError:
        return None
    # Others are 32 digits in a row, which may be somebody's name.
    return found if found == text.lower() else None
