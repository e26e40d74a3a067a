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

"""Every route, with who may call it.

The application, the OpenAPI description and the test of authorisation are made
from this table: a route cannot be there without a rule.
"""

import typing as tp

from exordos_mail.send.api import (
    accounts,
    commands,
    common,
    events,
    keys,
    messages,
    openapi,
    queue,
    storages,
    submission,
    suppressions,
    suspensions,
    tenants,
    webhooks,
)
from exordos_mail.send.api.route import Access, Answer, Call, Logged, Route
from exordos_mail.send.content import request
from exordos_mail.send.queue import accept

_Page = common.PageQuery


async def _describe(call: Call) -> Answer:
    """Return the description of this API."""
    return Answer(200, openapi.describe(TABLE))


def _messages() -> tp.Iterator[Route]:
    path = "/v1/messages"
    yield Route(
        "POST",
        path,
        Access.SEND,
        messages.send,
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
        messages.send_batch,
        "Accept up to 1,000 messages in one transaction",
        202,
        submission.BatchOut,
        request.BatchIn,
        decodes=True,
        log=Logged.ONCE,
    )
    yield Route(
        "POST",
        f"{path}/dry-run",
        Access.SEND,
        messages.dry_run,
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
        messages.PageOut,
        query=messages.ListQuery,
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
        messages.ChangeIn,
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


def _tenants() -> tp.Iterator[Route]:
    path, one = "/v1/tenants", "/v1/tenants/{tenant}"
    yield Route(
        "POST",
        path,
        Access.ADMIN,
        tenants.add,
        "Make a tenant",
        201,
        tenants.TenantOut,
        tenants.TenantIn,
    )
    yield Route(
        "GET",
        path,
        Access.ADMIN,
        tenants.page,
        "List tenants",
        200,
        tenants.PageOut,
        query=_Page,
    )
    yield Route(
        "GET",
        one,
        Access.READ,
        tenants.get,
        "Read a tenant",
        200,
        tenants.TenantOut,
    )
    yield Route(
        "PATCH",
        one,
        Access.ADMIN,
        tenants.change,
        "Change a tenant",
        200,
        tenants.TenantOut,
        tenants.ChangeIn,
    )
    yield Route(
        "DELETE",
        one,
        Access.ADMIN,
        tenants.remove,
        "Remove a tenant with everything of theirs",
        204,
        query=tenants.RemoveQuery,
    )


def _keys() -> tp.Iterator[Route]:
    path = "/v1/keys"
    yield Route(
        "POST",
        path,
        Access.MANAGE,
        keys.add,
        "Make an API key; it is shown once",
        201,
        keys.NewKeyOut,
        keys.KeyIn,
    )
    yield Route(
        "GET",
        path,
        Access.MANAGE,
        keys.page,
        "List API keys",
        200,
        keys.PageOut,
        query=_Page,
    )
    yield Route(
        "DELETE", f"{path}/{{key}}", Access.MANAGE, keys.revoke, "Revoke a key", 204
    )


def _accounts() -> tp.Iterator[Route]:
    path, one = "/v1/accounts", "/v1/accounts/{account}"
    out = accounts.AccountOut
    yield Route(
        "POST",
        path,
        Access.MANAGE,
        accounts.add,
        "Make an SMTP account",
        201,
        out,
        accounts.AccountIn,
    )
    yield Route(
        "GET",
        path,
        Access.READ,
        accounts.page,
        "List SMTP accounts",
        200,
        accounts.PageOut,
        query=_Page,
    )
    yield Route("GET", one, Access.READ, accounts.get, "Read an SMTP account", 200, out)
    yield Route(
        "PATCH",
        one,
        Access.MANAGE,
        accounts.change,
        "Change an SMTP account",
        200,
        out,
        accounts.ChangeIn,
    )
    yield Route(
        "DELETE", one, Access.MANAGE, accounts.remove, "Remove an SMTP account", 204
    )


def _storages() -> tp.Iterator[Route]:
    path, one = "/v1/storages", "/v1/storages/{storage}"
    out = storages.StorageOut
    yield Route(
        "GET",
        path,
        Access.READ,
        storages.page,
        "List storages of attachments",
        200,
        storages.PageOut,
        query=_Page,
    )
    yield Route("GET", one, Access.READ, storages.get, "Read a storage", 200, out)
    yield Route(
        "PUT",
        one,
        Access.MANAGE,
        storages.put,
        "Make or change a storage",
        200,
        out,
        storages.StorageIn,
    )
    yield Route("DELETE", one, Access.MANAGE, storages.remove, "Remove a storage", 204)


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
        suppressions.PageOut,
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
        suspensions.PageOut,
        query=_Page,
    )
    for where, what in ((path, "every message"), (one, "a batch")):
        yield Route(
            "PUT", where, Access.SEND, suspensions.suspend, f"Suspend {what}", 200, out
        )
        yield Route(
            "DELETE", where, Access.SEND, suspensions.resume, f"Resume {what}", 200, out
        )


def _webhook() -> tp.Iterator[Route]:
    path = "/v1/webhook"
    out = webhooks.WebhookOut
    yield Route(
        "GET",
        path,
        Access.READ,
        webhooks.get,
        "Read where the webhook stands",
        200,
        out,
    )
    yield Route(
        "POST",
        f"{path}/replay",
        Access.MANAGE,
        webhooks.replay,
        "Send the events from a number or a moment on again",
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


def _commands() -> tp.Iterator[Route]:
    path = "/v1/commands"
    yield Route(
        "GET",
        path,
        Access.ADMIN,
        commands.page,
        "List the calls that may have changed something, the oldest first",
        200,
        commands.PageOut,
        query=commands.ListQuery,
    )
    yield Route(
        "GET",
        f"{path}/export",
        Access.ADMIN,
        commands.export,
        "List those that lead an empty service to this one's configuration",
        200,
        commands.ExportOut,
        query=commands.ListQuery,
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


def _others() -> tp.Iterator[Route]:
    yield Route(
        "GET",
        "/v1/events",
        Access.READ,
        events.page,
        "Fetch events in their order",
        200,
        events.EventsOut,
        query=events.EventsQuery,
    )
    yield Route(
        "POST",
        "/v1/queue/run-now",
        Access.ADMIN,
        queue.run_now,
        "Look at the queue now",
        202,
        queue.WokenOut,
        log=Logged.ONCE,
    )
    yield Route(
        "GET",
        "/v1/openapi.json",
        Access.PUBLIC,
        _describe,
        "This description",
        200,
        dict[str, tp.Any],
    )


TABLE: tuple[Route, ...] = (
    *_messages(),
    *_tenants(),
    *_keys(),
    *_accounts(),
    *_storages(),
    *_suppressions(),
    *_suspensions(),
    *_webhook(),
    *_commands(),
    *_others(),
)
