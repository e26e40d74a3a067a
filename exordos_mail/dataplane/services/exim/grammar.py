# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
r"""How addresses are written, as regular expressions for exim's configuration.

exim corrects what it reads: it takes `<a b@x>` for `a=b@x`, a group for its
member, a list for its first address. The next host may correct it otherwise. So
what a client writes is compared with these patterns first, and one reader
decides for all that follows.

The patterns are PCRE and Python at once. They hold no `\N`, which would end
exim's quoting, and no two ways lead through the same text, so that no input makes
them slow.
"""

#: RFC 5322 section 3.2.3; RFC 5321 section 4.1.2 has the same.
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_DOT_STRING = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
#: RFC 5321 section 4.1.2: qtextSMTP and quoted-pairSMTP, with blanks or with
#: escaped quotes: where both are, exim takes the blank for the end.
_QUOTED_LOCAL = r'"(?:(?:[ !#-\[\]-~]|\\[ !#-~])+|(?:[!#-\[\]-~]|\\[!-~])+)"'
_LOCAL_PART = rf"(?:{_DOT_STRING}|{_QUOTED_LOCAL})"
# The underscore is in no standard and in some names of hosts that take mail.
_LABEL = r"[A-Za-z0-9_-]+"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
#: RFC 5321 section 4.1.2: a source route is read over. Literals are not taken.
_ROUTE = rf"@{_DOMAIN}(?:,@{_DOMAIN})*:"
_ADDRESS = rf"(?:{_ROUTE})?{_LOCAL_PART}@{_DOMAIN}"
#: RFC 1123 section 5.2.7: the one address without a domain.
_POSTMASTER = "[Pp][Oo][Ss][Tt][Mm][Aa][Ss][Tt][Ee][Rr]"
#: RFC 5321 section 4.5.3.1.3, with the brackets; exim's limit as well.
_SHORT = r"(?![^>]{257})"
#: What EHLO offers (RFC 1870, 3461, 4954, 6152).
_RCPT_OPTION = "(?:[Nn][Oo][Tt][Ii][Ff][Yy]|[Oo][Rr][Cc][Pp][Tt])"
_MAIL_OPTION = (
    "(?:[Ss][Ii][Zz][Ee]|[Bb][Oo][Dd][Yy]|[Rr][Ee][Tt]"
    "|[Ee][Nn][Vv][Ii][Dd]|[Aa][Uu][Tt][Hh])"
)


def _argument(path: str, bare: str, option: str) -> str:
    # RFC 5321 wants the brackets; some clients leave them out.
    return rf"^{_SHORT}(?:<{path}>|{bare})(?:[ \t]+{option}=[!-~]+)*$"


#: The argument of RCPT TO: as a client may write it.
RECIPIENT = _argument(f"(?:{_ADDRESS}|{_POSTMASTER})", _ADDRESS, _RCPT_OPTION)
#: The argument of MAIL FROM: as a client may write it.
SENDER = _argument(f"(?:{_ADDRESS})?", _ADDRESS, _MAIL_OPTION)

#: A line that is folded goes on with a blank (RFC 5322 section 2.2.3).
_FWS = r"(?:[ \t]|\n[ \t])"
_BLANK = r"[ \t]*"
#: A comment that no reader takes for anything else: without addresses,
#: brackets, quotes and comments inside.
_COMMENT = r'\((?:[^()<>@"\\\n\x00]|\n[ \t])*\)'
#: A word of a name, with dots (RFC 5322 section 4.1) and octets that are not
#: ASCII, as many clients write it.
_WORD = r'[^\]\[()<>:;@\\,"\x00-\x20\x7f]'
_QUOTED = r'"(?:[^"\\\n\x00]|\\[ -~]|\n[ \t])*"'
_NAME = rf"(?:{_WORD}|{_QUOTED}|{_COMMENT}|{_FWS})*"
_CFWS = rf"(?:{_COMMENT}|{_FWS})*"
_AUTHOR = rf"({_LOCAL_PART}@({_DOMAIN}))"
#: The body of a header field with exactly one address and nothing that anybody
#: could take for another one (RFC 5322 section 3.4, mailbox): no group, list,
#: route or literal. The address is group 1 or 3, its domain group 2 or 4.
ONE_MAILBOX = rf"(?:{_CFWS}{_AUTHOR}|{_NAME}<{_BLANK}{_AUTHOR}{_BLANK}>){_CFWS}"
