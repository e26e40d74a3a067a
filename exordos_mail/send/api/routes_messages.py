# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Routes of messages and of what holds them up."""

import typing as tp

from exordos_mail.send.api import (
    batches,
    common,
    messages,
    submission,
    suppressions,
    suspensions,
)
from exordos_mail.send.api.route import Access, Logged, Route
from exordos_mail.send.content import request
from exordos_mail.send.queue import accept

_Page = common.PageQuery


def _messages() -> tp.Iterator[Route]:
    path = "/v1/messages"
    yield Route(
        "POST",
        path,
        Access.SEND,
        submission.send,
        "Accept a message; it is on durable storage when the answer comes",
        202,
        accept.Accepted,
        request.MessageIn,
        decodes=True,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/batch",
        Access.SEND,
        batches.send,
        "Accept up to 1,000 messages in one transaction",
        202,
        batches.BatchOut,
        request.BatchIn,
        decodes=True,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/dry-run",
        Access.SEND,
        submission.dry_run,
        "Check and render a message without sending it",
        200,
        submission.DryRunOut,
        request.MessageIn,
        decodes=True,
        log=Logged.NOT,
    )
    yield Route(
        "GET",
        path,
        Access.READ,
        messages.page,
        "List messages, the newest first",
        200,
        messages.MessagesOut,
        query=messages.MessagesQuery,
    )
    yield Route(
        "GET",
        f"{path}/counts",
        Access.READ,
        messages.counts,
        "Count messages by state",
        200,
        messages.CountsOut,
        query=messages.CountsQuery,
    )
    yield Route(
        "POST",
        f"{path}/clean-up",
        Access.MANAGE,
        messages.clean_up,
        "Remove messages that have been final for some time",
        200,
        messages.RemovedOut,
        query=messages.CleanUpQuery,
        log=Logged.ONCE,
        frees=True,
    )
    one = f"{path}/{{message}}"
    yield Route(
        "GET",
        one,
        Access.READ,
        messages.get,
        "Read a message with its recipients and events",
        200,
        messages.MessageOut,
    )
    yield Route(
        "PATCH",
        one,
        Access.SEND,
        messages.change,
        "Reschedule a message that is not sent",
        200,
        messages.MessageOut,
        messages.MessageChangeIn,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{one}/cancel",
        Access.SEND,
        messages.cancel,
        "Cancel a message that is not sent",
        200,
        messages.MessageOut,
        log=Logged.ONCE,
        frees=True,
    )
    yield Route(
        "POST",
        f"{one}/resend",
        Access.SEND,
        submission.resend,
        "Send a final message again, as a new one, to those who did not get it",
        202,
        accept.Accepted,
        log=Logged.ONCE,
    )
    yield Route(
        "DELETE",
        one,
        Access.MANAGE,
        messages.remove,
        "Remove a message that is final",
        204,
        log=Logged.ONCE,
    )


def _suppressions() -> tp.Iterator[Route]:
    path, one = "/v1/suppressions", "/v1/suppressions/{address}"
    out = suppressions.EntryOut
    yield Route(
        "GET",
        path,
        Access.READ,
        suppressions.page,
        "List suppressed addresses",
        200,
        suppressions.SuppressionsOut,
        query=_Page,
    )
    yield Route(
        "GET", one, Access.READ, suppressions.get, "Read a suppression", 200, out
    )
    yield Route(
        "PUT",
        one,
        Access.MANAGE,
        suppressions.put,
        "Suppress an address",
        200,
        out,
        suppressions.EntryIn,
    )
    yield Route(
        "DELETE",
        one,
        Access.MANAGE,
        suppressions.remove,
        "Send to an address again",
        204,
    )


def _suspensions() -> tp.Iterator[Route]:
    path, one = "/v1/suspensions", "/v1/suspensions/{batch}"
    out = suspensions.HeldOut
    yield Route(
        "GET",
        path,
        Access.READ,
        suspensions.page,
        "List suspended batches",
        200,
        suspensions.SuspensionsOut,
        query=_Page,
    )
    for where, what in ((path, "every message"), (one, "a batch")):
        yield Route(
            "PUT", where, Access.SEND, suspensions.suspend, f"Suspend {what}", 200, out
        )
        yield Route(
            "DELETE", where, Access.SEND, suspensions.resume, f"Resume {what}", 200, out
        )


TABLE: tuple[Route, ...] = (
    *_messages(),
    *_suppressions(),
    *_suspensions(),
)
