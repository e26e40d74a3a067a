# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A message's octets, in the form that a server can take."""

import asyncio
import collections.abc as abc
import dataclasses

from exordos_mail.send.smtp import downgrade, mime, octets, seven_bit
from exordos_mail.send.smtp.octets import Unsendable

#: Octets from which work goes to a thread, so that nobody waits for it.
_LARGE = 256 * 1024


@dataclasses.dataclass(frozen=True)
class Form:
    """What follows DATA."""

    data: bytes
    #: A field has UTF-8 (RFC 6532).
    utf8: bool = False


class Outgoing:
    """One message; its forms are made once."""

    def __init__(self, data: bytes) -> None:
        """Make one.

        Args:
            data: RFC 5322 octets.
        """
        self._data = data
        self._forms: dict[tuple[bool, bool], Form] = {}

    async def form(
        self, extensions: abc.Container[str], addresses: abc.Iterable[str]
    ) -> Form:
        """Return what a server with these extensions can take.

        Args:
            addresses: of the envelope.

        Raises:
            Unsendable: there is nothing that it can take.
        """
        utf8, eight_bit = "SMTPUTF8" in extensions, "8BITMIME" in extensions
        beyond = not all(address.isascii() for address in addresses)
        if beyond and not utf8:
            raise _needs_smtputf8("an address has letters beyond ASCII")
        found = self._forms.get((utf8, eight_bit))
        if found is None:
            if len(self._data) < _LARGE:
                found = _make(self._data, utf8, eight_bit)
            else:
                found = await asyncio.to_thread(_make, self._data, utf8, eight_bit)
            self._forms[utf8, eight_bit] = found
        return dataclasses.replace(found, utf8=True) if beyond else found


def _make(data: bytes, utf8: bool, eight_bit: bool) -> Form:
    octets.check(data)
    if data.isascii():
        return Form(data)
    try:
        form = _fields(data, utf8)
        if not eight_bit:
            form = dataclasses.replace(form, data=seven_bit.convert(form.data))
    except mime.Unalterable as error:
        raise Unsendable(
            "eight_bit_not_offered",
            f"the server does not offer 8BITMIME, and the message stays as it is: "
            f"{error}",
        ) from None
    # The guard is the last one: what was just made is no exception.
    octets.check(form.data)
    return form


def _fields(data: bytes, utf8: bool) -> Form:
    """Return a form whose fields the server can take."""
    try:
        beyond = seven_bit.beyond_ascii(data)
    except mime.Unalterable:
        if not data.partition(b"\r\n\r\n")[0].isascii():
            raise
        # Nothing can be said of its parts' fields; the body is one.
        return Form(data)
    if not beyond:
        return Form(data)
    if not all(map(mime.is_utf8, beyond)):
        raise Unsendable(
            "header_not_utf8",
            f"the field {_name(beyond)} has octets that are not UTF-8 (RFC 6532)",
        )
    if utf8:
        return Form(data, utf8=True)
    try:
        return Form(downgrade.message(data, len(beyond)))
    except mime.Unalterable as error:
        raise _needs_smtputf8(str(error)) from None


def _needs_smtputf8(what: str) -> Unsendable:
    return Unsendable(
        "smtputf8_not_offered",
        f"{what}, and the server does not offer SMTPUTF8 (RFC 6531)",
    )


def _name(fields: list[bytes]) -> str:
    return mime.of(fields[0]).decode("ascii", "replace")
