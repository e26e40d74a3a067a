# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where the links in mails lead to: for everybody who has one, without a key.

Programs that look for viruses follow links, so that only a POST unsubscribes.
"""

from exordos_mail.send import clock, limits
from exordos_mail.send.api.problem import Problem, not_found
from exordos_mail.send.api.route import Access, Call, Logged, Plain, route
from exordos_mail.send.unsubscribe import form, links, pages, taking

_PATH = "/v1/unsubscribe/{link}"
_NO_LINK = "link to unsubscribe: it may have been cut off"


@route("GET", _PATH, Access.PUBLIC)
async def ask(call: Call) -> Plain:
    """A page that asks whether to unsubscribe; it changes nothing."""
    found = _subscription(call)
    if not await call.base.read(taking.is_tenant, found.tenant_id):
        raise not_found(_NO_LINK)
    return Plain(pages.ASK, pages.MEDIA_TYPE, pages.HEADERS)


@route(
    "POST",
    _PATH,
    Access.PUBLIC,
    reads=bytes,
    media=form.URLENCODED,
    more_media=(form.MULTIPART,),
    most=limits.UNSUBSCRIBE_BODY.value,
    log=Logged.NOT,
)
async def take(call: Call) -> Plain:
    """Unsubscribe the recipient whom a link was made for (RFC 8058)."""
    found = _subscription(call)
    kind = call.headers.get("content-type", form.URLENCODED)
    if not form.is_one_click(kind, call.body or b""):
        raise Problem(
            422, "not_one_click", f"the form has the field {form.NAME}={form.VALUE}"
        )
    changed = await call.base.write(taking.take, found, clock.now())
    if changed is None:
        raise not_found(_NO_LINK)
    if changed:
        call.service.dispatcher.listed(found.tenant_id)
    return Plain(pages.DONE, pages.MEDIA_TYPE, pages.HEADERS)


def _subscription(call: Call) -> links.Subscription:
    try:
        return call.service.links.read(call.path["link"])
    except links.NotOurs:
        raise not_found(_NO_LINK) from None
