# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The two pages that people see: without a script, a picture, or anything of theirs."""

import typing as tp

from exordos_mail.send.unsubscribe import form

MEDIA_TYPE: tp.Final = "text/html; charset=utf-8"
#: The page may do nothing but post its form; the link in its address goes nowhere else.
HEADERS: tp.Final = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_PAGE: tp.Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
ASK: tp.Final = _PAGE.format(
    title="Unsubscribe",
    body=(
        "<p>Do you want no more mail from this sender?</p>\n"
        '<form method="post">\n'
        f'<input type="hidden" name="{form.NAME}" value="{form.VALUE}">\n'
        '<button type="submit">Unsubscribe</button>\n'
        "</form>"
    ),
)
DONE: tp.Final = _PAGE.format(
    title="You are unsubscribed",
    body="<p>This sender can send you no more mail by this service.</p>",
)
