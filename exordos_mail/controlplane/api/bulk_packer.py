# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reading of bulk request bodies."""

import typing as tp

from exordos_mail import constants as c
from exordos_mail.controlplane.api import packers
from exordos_mail.controlplane.api.bulk_items import KINDS
from exordos_mail.controlplane.dm import exceptions
from exordos_mail.standards import password


class BulkPacker(packers.MailPacker):
    """Reads the lists of a request; the items stay as they were sent."""

    body_max = c.BULK_BODY_MAX

    def unpack(self, value: bytes) -> dict[str, tp.Any]:
        """Return `mode`, and one list for each of KINDS.

        Raises:
            BodyTooLarge: see `load`.
            ParseBodyError: see `load`.
            MailValidationError: another form, or more items than allowed.
        """
        body = self.load(value)
        if not isinstance(body, dict):
            raise exceptions.MailValidationError(details="the body must be an object")
        for unknown in body.keys() - {"mode", *KINDS}:
            raise exceptions.MailValidationError(
                details=f"unknown field: {unknown[: packers.NAME_MAX]}"
            )
        mode = body.get("mode", c.BULK_PARTIAL)
        if mode not in (c.BULK_PARTIAL, c.BULK_ATOMIC):
            raise exceptions.MailValidationError(
                details=f"mode: {c.BULK_PARTIAL} or {c.BULK_ATOMIC}"
            )
        lists = {kind: body.get(kind, []) for kind in KINDS}
        for kind, items in lists.items():
            if not isinstance(items, list):
                raise exceptions.MailValidationError(details=f"{kind}: a list")
        _check_limits([item for items in lists.values() for item in items])
        return {"mode": mode, **lists}


def _check_limits(items: tp.Collection[object]) -> None:
    if len(items) > c.BULK_ITEMS_MAX:
        raise exceptions.MailValidationError(
            details=f"at most {c.BULK_ITEMS_MAX} items in one request"
        )
    plain = [item for item in items if isinstance(item, dict) and _is_hashed(item)]
    if len(plain) > c.BULK_PASSWORDS_MAX:
        raise exceptions.MailValidationError(
            details=(
                f"at most {c.BULK_PASSWORDS_MAX} items with a password, given or"
                " generated, in one request; those with a hash do not count"
            )
        )


def _is_hashed(item: dict[str, tp.Any]) -> bool:
    """Tell whether an item costs the hash of a password."""
    if item.get("generate_password") is True:
        return True
    return "password" in item and not password.is_prefixed_hash(item["password"])
