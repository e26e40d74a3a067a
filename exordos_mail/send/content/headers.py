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

"""Header fields that a caller may set (RFC 5322 section 3.6.8)."""

import re

from exordos_mail.send.content import message, request

#: Fields the service writes itself, and whole families of them.
PROTECTED = {
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "return-path",
    "received",
    "mime-version",
    "delivered-to",
    "dkim-signature",
    "authentication-results",
    message.ID_HEADER.lower(),
}
_PROTECTED_FAMILIES = ("content-", "resent-", "arc-", "x-exordos-")
_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>\Z")


def problem(name: str, value: str) -> str | None:
    """Return what is wrong with a field, without naming its value."""
    if not _NAME.match(name):
        return "a header's name is 1 to 76 ASCII characters without blanks or a colon"
    lower = name.lower()
    if lower in PROTECTED or lower.startswith(_PROTECTED_FAMILIES):
        return f"{name} is written by the service"
    found = value_problem(value)
    return found and f"{name}: {found}"


def value_problem(value: str) -> str | None:
    """Return what is wrong with the text of a field."""
    if len(value) > request.LINE_MAX:
        return f"at most {request.LINE_MAX} characters"
    if _CONTROL.search(value):
        return "line breaks and control characters are not allowed"
    return None


def is_message_id(value: str) -> bool:
    """Tell whether `value` can be a Message-ID (RFC 5322 section 3.6.4)."""
    return _MESSAGE_ID.match(value) is not None
