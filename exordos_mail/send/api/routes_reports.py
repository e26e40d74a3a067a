# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Routes of what is told: events, webhooks, the command log."""

import typing as tp

from exordos_mail.send.api import commands, webhooks
from exordos_mail.send.api.route import Access, Logged, Route


def _webhook() -> tp.Iterator[Route]:
    path = "/v1/webhook"
    out = webhooks.WebhookOut
    yield Route(
        "GET",
        path,
        Access.READ,
        webhooks.get,
        "Get the webhook's status",
        200,
        out,
    )
    yield Route(
        "PATCH",
        path,
        Access.MANAGE,
        webhooks.change,
        "Change where events go, and how the receiver knows them",
        200,
        out,
        webhooks.WebhookChangeIn,
    )
    yield Route(
        "POST",
        f"{path}/rotate",
        Access.MANAGE,
        webhooks.rotate,
        "Make a new secret for signatures; it is shown once",
        200,
        webhooks.SecretOut,
        query=webhooks.RotateQuery,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/replay",
        Access.MANAGE,
        webhooks.replay,
        "Replay events from a sequence number or time",
        200,
        out,
        webhooks.ReplayIn,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/resume",
        Access.MANAGE,
        webhooks.resume,
        "Switch the webhook on again, or end a pause",
        200,
        out,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/disable",
        Access.MANAGE,
        webhooks.disable,
        "Switch the webhook off",
        200,
        out,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/test",
        Access.MANAGE,
        webhooks.test,
        "Send the receiver a request without events, and tell what it answers",
        200,
        webhooks.TestOut,
        log=Logged.ONCE,
    )


def _commands() -> tp.Iterator[Route]:
    path = "/v1/commands"
    yield Route(
        "GET",
        path,
        Access.ADMIN,
        commands.page,
        "List the calls that may have changed something, the oldest first",
        200,
        commands.CommandsOut,
        query=commands.CommandsQuery,
    )
    yield Route(
        "GET",
        f"{path}/export",
        Access.ADMIN,
        commands.export,
        "List those that lead an empty service to this one's configuration",
        200,
        commands.ExportOut,
        query=commands.CommandsQuery,
    )
    yield Route(
        "POST",
        f"{path}/purge",
        Access.ADMIN,
        commands.purge,
        "Remove old commands",
        200,
        commands.PurgedOut,
        query=commands.PurgeQuery,
        log=Logged.ONCE,
    )
    yield Route(
        "GET",
        f"{path}/{{command}}",
        Access.ADMIN,
        commands.get,
        "Read a command",
        200,
        commands.CommandOut,
    )


TABLE: tuple[Route, ...] = (
    *_webhook(),
    *_commands(),
)
