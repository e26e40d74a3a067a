# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node tells about itself: never a secret, one line for a person."""

import dataclasses
import typing as tp

from exordos_mail.dataplane.engine import payload as payload_lib

ACTIVE = "ACTIVE"
IN_PROGRESS = "IN_PROGRESS"
ERROR = "ERROR"

_REASON_MAX = 500


@dataclasses.dataclass(frozen=True)
class Report:
    """The state that is really in service.

    `revision` is empty unless everything of that revision is in place and
    served. `dkim` maps a selector to the TXT record data of the private key
    that is really on the disk. `certificates` are the PEM texts of those that
    clients are shown. `health` is what the doors are like (health.py), None if that
    is not known now.
    """

    uuid: str = ""
    name: str = ""
    generation: int = 0
    revision: str = ""
    domain: str = ""
    status: str = IN_PROGRESS
    reason: str = ""
    dkim: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)
    certificates: tuple[str, ...] = ()
    health: tp.Mapping[str, tp.Any] | None = None

    def without_revision(self) -> "Report":
        """Return this report without the revision.

        The node has not applied all of it.
        """
        return dataclasses.replace(self, revision="")

    def failed(self, reason: str) -> "Report":
        """Return the same state as that of a node that could not do better."""
        return dataclasses.replace(self, status=ERROR, reason=one_line(reason))

    def lacking(self, reason: str) -> "Report":
        """Return the state of a node that lacks something; failures stay told."""
        if self.status != ERROR:
            return self.without_revision().waiting(joined(self.reason, reason))
        return self.without_revision().failed(joined(self.reason, reason))

    def waiting(self, reason: str) -> "Report":
        """Return the same state as that of a node that is on its way."""
        return dataclasses.replace(self, status=IN_PROGRESS, reason=one_line(reason))


def reason_of(exc: Exception) -> str:
    """Return what to tell of an exception: of ours the text, of others no values."""
    if isinstance(exc, OSError):
        if exc.strerror:
            return f"{exc.filename or 'a file'}: {exc.strerror}"
        return type(exc).__name__
    if isinstance(exc, KeyError):
        return f"there is no user or group {exc.args[0] if exc.args else ''}"
    return str(exc)


def joined(*reasons: str | None) -> str:
    """Return several reasons as one, without those that say nothing."""
    return "; ".join(filter(None, reasons))


def one_line(text: str) -> str:
    """Return printable text without line breaks, of a bounded length."""
    joined = " ".join(text.split())
    return "".join(one if one.isprintable() else "?" for one in joined)[:_REASON_MAX]


def of(payload: payload_lib.Payload | None) -> Report:
    """Return the report of a node that has all of a payload; None: nothing."""
    if payload is None:
        return Report(reason="nothing is in service yet")
    return Report(
        uuid=payload.uuid,
        name=payload.name,
        generation=payload.generation,
        revision=payload.revision,
        domain=payload.domain,
        status=ACTIVE,
    )
