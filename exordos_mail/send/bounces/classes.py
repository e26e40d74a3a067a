# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the reply of a server means for a recipient: a table, and what follows.

The first row of which everything fits decides. Only `recipient` keeps an address from
getting more mail; whatever is about us, the content or the network never does, also
where the server gives it the enhanced code of an unknown mailbox.
"""

import re
import typing as tp

RECIPIENT = "recipient"
MAILBOX_FULL = "mailbox-full"
POLICY = "policy"
REPUTATION = "reputation"
CONTENT = "content"
RATE = "rate"
INFRASTRUCTURE = "infrastructure"
UNKNOWN = "unknown"
#: Of complaints, which no server's reply is.
COMPLAINT = "complaint"


class Follows(tp.NamedTuple):
    """What comes after a bounce of a class."""

    suppress: bool
    why: str


FOLLOWS: tp.Mapping[str, Follows] = {
    RECIPIENT: Follows(True, "the address does not exist, or is closed for good"),
    COMPLAINT: Follows(True, "the recipient does not want this mail"),
    MAILBOX_FULL: Follows(False, "the mailbox is full, and may have room again"),
    POLICY: Follows(False, "the server's rules, which are not about the address"),
    REPUTATION: Follows(False, "the sending server has a bad name"),
    CONTENT: Follows(False, "this message was refused, another one may be taken"),
    RATE: Follows(False, "too much at a time, later it may be taken"),
    INFRASTRUCTURE: Follows(False, "servers or the network did not work"),
    UNKNOWN: Follows(False, "nothing known says what the server means"),
}


class Rule(tp.NamedTuple):
    """A row; what is empty fits everything."""

    found: str
    #: Patterns: of the whole enhanced and SMTP code; of the text, anywhere.
    enhanced: str = ""
    code: str = ""
    text: str = ""
    #: A name of PROVIDERS.
    provider: str = ""


#: Ends of the names of servers.
PROVIDERS: tp.Mapping[str, tuple[str, ...]] = {
    "google": ("google.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "office365.us"),
    "yahoo": ("yahoodns.net", "yahoo.com"),
    "yandex": ("yandex.ru", "yandex.net"),
    "mailru": ("mail.ru",),
    "gmx": ("gmx.net", "web.de", "kundenserver.de"),
}

RULES = (
    Rule(
        REPUTATION,
        text=r"blocked using|spamhaus|spamcop|barracuda|\bsorbs\b|\b(?:dns|r)bl\b|dnsbl"
        r"|black ?list|block ?list|deny ?list|reputation|\bS31[45]0\b|\bTSS?0[49]\b"
        r"|banned sending IP|(?<!not )listed (?:at|by|in|on)\b",
    ),
    Rule(
        MAILBOX_FULL,
        text=r"over ?quota|quota (?:is )?(?:exceeded|full)"
        r"|exceed(?:s|ed)?[^.]{0,30}quota|(?:mailbox|inbox)[^.]{0,20}(?:is )?full\b"
        r"|mailbox size limit|out of storage|exceeded storage"
        r"|storage (?:limit|allocation)|mailfull",
    ),
    Rule(
        RATE,
        text=r"rate limit|too many (?:messages|connections|recipients|mails|emails)"
        r"|too fast|throttl|unusual rate|receiving mail at a rate|gr[ea]ylist"
        r"|receiving mail too quickly",
    ),
    Rule(
        CONTENT,
        text=r"\b(?:virus|malware|phish\w*|unsolicited)\b"
        r"|(?:looks|is|as|like|be|contains) spam|spam (?:message|content|score|mail)"
        r"|message[^.]{0,20}too (?:large|big)|message size|size exceeds"
        r"|content (?:was )?(?:rejected|refused|denied)|attachment"
        r"|high probability of spam|detected as spam|suspicious",
    ),
    Rule(RECIPIENT, code="550", text=r"no such user", provider="yandex"),
    Rule(
        POLICY,
        text=r"\b(?:spf|dkim|dmarc)\b|relay(?:ing)? (?:access )?(?:denied|not)"
        r"|access denied|not permitted"
        r"|sender (?:address )?(?:verif|reject|denied|refused|unknown|domain)"
        r"|unauthenticated|authentication (?:is )?required|not authori[sz]ed"
        r"|administrative(?:ly)? prohibit|local policy"
        r"|policy (?:reasons|violation|reject)|client host|helo|reverse dns|ptr record"
        r"|starttls|allowed rcpthosts",
    ),
    Rule(
        INFRASTRUCTURE,
        text=r"timed? ?out|timeout|connection (?:refused|reset|lost)|lost connection"
        r"|no route to host|network (?:is )?unreachable|name service error"
        r"|host not found|host or domain name not found|retry time|\bloop"
        r"|too many hops|delivery time expired|all (?:relevant )?mx records"
        r"|could not be (?:found|resolved)|dns (?:error|fail)",
    ),
    Rule(
        RECIPIENT,
        code="550",
        text=r"requested action not taken: mailbox unavailable",
        enhanced=r"5\.5\.0|",
        provider="microsoft",
    ),
    Rule(RECIPIENT, code="550", text=r"mailbox unavailable", provider="gmx"),
    Rule(
        RECIPIENT,
        code="554",
        text=r"doesn't have a|mailbox is disabled",
        provider="yahoo",
    ),
    Rule(MAILBOX_FULL, enhanced=r"[45]\.2\.2"),
    Rule(CONTENT, enhanced=r"[45]\.(?:2\.3|3\.4|6\.\d+)"),
    Rule(RATE, enhanced=r"[45]\.(?:5\.3|7\.28)|4\.7\.\d+|4\.2\.1"),
    Rule(POLICY, enhanced=r"5\.(?:7\.\d+|1\.[78])"),
    Rule(RECIPIENT, enhanced=r"5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)"),
    Rule(INFRASTRUCTURE, enhanced=r"[45]\.[34]\.\d+"),
    Rule(
        RECIPIENT,
        text=r"(?:user|recipient|mailbox|account|address)(?: is| was| does)?"
        r" (?:unknown|invalid|disabled|inactive|closed|not (?:found|exist|known|here))"
        r"|unknown (?:user|recipient|mailbox|address|local)"
        r"|no such (?:user|mailbox|recipient|address|account|person|domain)"
        r"|(?:user|recipient|address|account|mailbox) do(?:es not|esn't) exist"
        r"|no mailbox (?:here )?by that name|invalid (?:user|recipient|mailbox)"
        r"|not a valid (?:user|recipient|mailbox)"
        r"|account (?:has been|that you tried to reach)[^.]{0,20}(?:disabled|closed)"
        r"|resolver\.adr\.recip\w*notfound|recipient ?not ?found",
    ),
    # As the answer of a server it names the address, as exim's own word any trouble.
    Rule(RECIPIENT, code="550", text=r"unrout(?:e)?able address"),
    Rule(INFRASTRUCTURE, text=r"unrout(?:e)?able address"),
    Rule(MAILBOX_FULL, code="[45]52"),
    Rule(INFRASTRUCTURE, code="4[25]1"),
)
_COMPILED = tuple(
    (
        rule,
        re.compile(rule.enhanced) if rule.enhanced else None,
        re.compile(rule.code) if rule.code else None,
        re.compile(rule.text, re.IGNORECASE) if rule.text else None,
    )
    for rule in RULES
)
#: A name in an address is not what the server says.
_ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?")


def classify(
    enhanced: str | None, code: int | None, text: str, server: str = ""
) -> str:
    """Return the class of a reply.

    Args:
        enhanced: as `5.1.1`; None, or one that says nothing, as 5.0.0: there is none.
        server: who has replied.
    """
    enhanced = None if enhanced is None or enhanced.endswith(".0.0") else enhanced
    said = _ADDRESS.sub(" ", text)
    found = provider(server)
    for rule, of_enhanced, of_code, of_text in _COMPILED:
        if rule.provider and rule.provider != found:
            continue
        if of_enhanced is not None and not of_enhanced.fullmatch(enhanced or ""):
            continue
        if of_code is not None and not of_code.fullmatch(str(code or "")):
            continue
        if of_text is not None and not of_text.search(said):
            continue
        return _unless_temporary(rule.found, enhanced, code)
    return UNKNOWN


def _unless_temporary(found: str, enhanced: str | None, code: int | None) -> str:
    """Return a class; what a server says for now says nothing of the address."""
    temporary = str(code or enhanced or "").startswith("4")
    return UNKNOWN if found == RECIPIENT and temporary else found


def provider(server: str) -> str:
    """Return whose server it is, a name of PROVIDERS; "": nobody's who is known."""
    name = server.lower().rstrip(".")
    for found, ends in PROVIDERS.items():
        if any(name == end or name.endswith(f".{end}") for end in ends):
            return found
    return ""
