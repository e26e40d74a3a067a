# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Things that commands list, make, change and remove, wherever they are kept."""

import typing as tp
import uuid

from exordos_mail.cli import nouns, shapes
from exordos_mail.cli.api import Api, part
from exordos_mail.cli.connection import Answer, Query
from exordos_mail.cli.control_plane import ControlPlane
from exordos_mail.cli.nouns import Noun
from exordos_mail.cli.shapes import Body
from exordos_mail.standards import idn, recipient, rule
from exordos_mail.standards.program import Failure

#: Keys that are the left half of an address; the right one is the field `domain`.
_LOCAL_PARTS = ("username", "local_part")


class OfService:
    """Of a send service.

    Each method raises Failure when it is refused or there is no answer.
    """

    #: Without `force` it removes nothing that messages are lost by.
    careful = True

    def __init__(self, api: Api, noun: Noun) -> None:
        self._api = api
        self._noun = noun
        self._path = f"/v1/{noun.name}"

    def list(self, filters: Query, most: int | None = None) -> list[Body]:
        """Return all of them; or no more than `most`, as filters say."""
        noun = self._noun
        cursor = "before" if noun.newest_first else "after"
        paged = noun.name.replace("-", "_"), filters, most, cursor, noun.of_tenant
        return list(self._api.pages(self._path, *paged))

    def get(self, name: str) -> Body:
        """Return one."""
        return self._call("GET", self._one(name))

    def add(self, body: Body) -> Body:
        """Make one."""
        noun = self._noun
        if not noun.replaced:
            return self._call("POST", self._path, body)
        name = body.pop(noun.key)
        # The API's call makes or changes.
        if noun.replaced == "whole" and any(
            one[noun.key] == name for one in self.list({})
        ):
            raise Failure(f"the {noun.singular} {name} already exists")
        return self._call("PUT", self._one(name), body)

    def change(self, name: str, body: Body) -> Body:
        """Change what is given of one."""
        if self._noun.replaced:
            before = self.get(name)
            known = {one.name for one in self._noun.members} & before.keys()
            body = {**{one: before[one] for one in known}, **body}
            return self._call("PUT", self._one(name), body)
        return self._call("PATCH", self._one(name), body)

    def remove(self, name: str, force: bool = False) -> None:
        """Remove one; without `force` only if no message is lost by it."""
        query = {"force": "true"} if force else None
        self._call("DELETE", self._one(name), query=query)

    def invoke(self, name: str, action: str, body: Body) -> Body:
        """Refuse it: a send service has other commands for what it does."""
        raise Failure(f"a send service has no {action} of {self._noun.name}")

    def _one(self, name: str) -> str:
        return f"{self._path}/{part(name)}"

    def _call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Query | None = None,
    ) -> Answer:
        of_tenant = self._noun.of_tenant
        return self._api.call(method, path, query, body, of_tenant)


class OfPlane:
    """Of the control plane, with the same methods."""

    careful = False

    def __init__(
        self, plane: ControlPlane, noun: Noun, parent: tp.Callable[[Noun], str]
    ) -> None:
        """Make it.

        Args:
            parent: returns the path that the collection of a noun is below of.
        """
        self._plane = plane
        self._noun = noun
        self._parent = parent
        self._key = noun.plane_key

    def list(self, filters: Query, most: int | None = None) -> list[Body]:
        """Return all of them, or no more than `most`."""
        rows = self._plane.rows(self._path(), filters, most)
        return [shapes.of_plane(self._noun, row) for row in rows]

    def get(self, name: str) -> Body:
        """Return one."""
        return shapes.of_plane(self._noun, self._row(name))

    def add(self, body: Body) -> Body:
        """Make one; of what is replaced lightly, change what is there."""
        if self._key in _LOCAL_PARTS:
            body = self._of_address(body)
        if self._noun.replaced:
            name = body[self._key] = self._normal(body[self._key])
            if self._found(name) is not None:
                return self.change(name, body)
        return self._sent("POST", self._path(), body)

    def add_many(self, bodies: tp.Sequence[Body]) -> tp.Sequence[Answer]:
        """Make many by the bulk call; return what became of each (docs/adr/0012)."""
        create = [self._of_address(dict(one)) for one in bodies]
        path = f"{self._path()}bulk/"
        return tp.cast(
            list[Answer],
            self._plane.call("POST", path, body={"create": create})["create"],
        )

    def change(self, name: str, body: Body) -> Body:
        """Change what is given of one."""
        return self._sent("PATCH", self.path_of(name), body)

    def remove(self, name: str, force: bool = False) -> None:
        """Remove one, whatever is lost by it."""
        self._plane.call("DELETE", self.path_of(name))

    def invoke(self, name: str, action: str, body: Body) -> Body:
        """Have something done with one; return it afterwards."""
        return self._sent("POST", f"{self.path_of(name)}/actions/{action}/invoke", body)

    def path_of(self, name: str) -> str:
        """Return the path of one."""
        return f"{self._path()}{self._row(name)['uuid']}"

    def _row(self, name: str) -> Answer:
        found = self._found(name)
        if found is None:
            raise Failure(f"no such {self._noun.singular}: {name} (404 not_found)")
        return found

    def _found(self, name: str) -> Answer | None:
        for query in self._queries(name):
            rows = self._plane.rows(self._path(), query)
            if len(rows) > 1:
                ((key, value),) = query.items()
                what = f"{len(rows)} {self._noun.name} have the {key} {value}"
                raise Failure(f"{what}: give a uuid")
            if rows:
                return rows[0]
        return None

    def _queries(self, name: str) -> tp.Iterator[dict[str, str]]:
        """Yield what to search by; a filter for nothing would find what there is."""
        found = _uuid(name)
        if found is not None:
            yield {"uuid": found}
        if self._key in _LOCAL_PARTS and "@" in name:
            yield self._of_address({self._key: name})
        elif name and self._key != "uuid":
            yield {self._key: self._normal(name)}

    def _normal(self, name: str) -> str:
        try:
            match self._noun.plane_name, self._key:
                case _, "address":
                    return recipient.normal(recipient.check(name))
                case "domains", "name":
                    return idn.to_ascii(name).removesuffix(".")
        except (rule.RuleError, idn.IdnError) as error:
            raise Failure(str(error)) from None
        return name

    def _of_address(self, body: Body) -> Body:
        """Return the body of one, of whose address the name may be all."""
        local, at, domain = str(body[self._key]).rpartition("@")
        if not at or body.get("domain"):
            return body
        try:
            return {**body, self._key: local, "domain": idn.to_ascii(domain)}
        except idn.IdnError as error:
            raise Failure(str(error)) from None

    def _path(self) -> str:
        noun = self._noun
        return f"{self._parent(noun)}/{noun.plane_name}/"

    def _sent(self, method: str, path: str, body: Body) -> Body:
        body = shapes.to_plane(self._noun, body)
        for one in self._noun.members:
            if one.refers and body.get(one.name) is not None:
                body[one.name] = self._reference(one.refers, body[one.name])
        row = self._plane.call(method, path, body=body)
        return shapes.of_plane(self._noun, row)

    def _reference(self, noun: str, name: str) -> str:
        named = OfPlane(self._plane, nouns.OF_PLANE[noun], self._parent)
        return f"{self._plane.ROOT}{named.path_of(name)}"


Collection = OfService | OfPlane


def _uuid(text: str) -> str | None:
    """Return a uuid as the control plane writes it; None: the text is none."""
    try:
        found = str(uuid.UUID(text))
    except ValueError:
        return None
    # Others are 32 digits in a row, which may be somebody's name.
    return found if found == text.lower() else None
