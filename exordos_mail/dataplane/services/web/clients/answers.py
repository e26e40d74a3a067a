# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The settings as texts of nginx's configuration, which puts the domain and address in.

nginx fills in `${name}` of an answer. So the answers are the same for each domain: a
new domain changes no configuration. What nginx fills in has only characters that XML
has no use for (`ADDRESS`); everything else was escaped when the XML was made.
"""

import typing as tp

from exordos_mail.dataplane.services.web.clients import (
    apple,
    autoconfig,
    autodiscover,
    offered,
)

#: Local part and domain of an address, as patterns of nginx: what an account of ours
#: may have (standards/address.py), in either case.
LOCAL, DOMAIN = "[A-Za-z0-9_+.-]{1,64}", "[A-Za-z0-9.-]{1,253}"
#: Longest parameter that nginx reads (NGX_CONF_BUFFER, with room for the rest).
PARAMETER_MAX = 4000


class Answers(tp.NamedTuple):
    """Texts in single quotes, for nginx; `profile` is None if there can be none."""

    autoconfig: str
    autodiscover: str
    autodiscover_nobody: str
    profile: str | None


def answers(settings: offered.Settings) -> Answers:
    """Return all answers of an instance."""
    profile = None
    if settings.incoming:
        names = ("${mail_local}", "${mail_domain}")
        identities = ("${profile_uuid}", "${payload_uuid}")
        profile = quoted(apple.text(settings, *names, identities))
    return Answers(
        quoted(autoconfig.text(settings, "${mail_domain}")),
        quoted(autodiscover.text(settings, "${login_name}")),
        quoted(autodiscover.text(settings, "")),
        profile,
    )


def quoted(text: str) -> str:
    """Return a text as one parameter of nginx; its variables stay variables.

    Raises:
        ValueError: it is too long for nginx.
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    if len(escaped) > PARAMETER_MAX:
        raise ValueError("an answer of the web server is too long for nginx")
    return f"'{escaped}'"
