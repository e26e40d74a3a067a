# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What answers of name servers say of texts that all of them should show."""

import typing as tp

from exordos_mail.standards.dns.verdict import FAILURES, Answer

#: Servers that a reason names.
_NAMED = 3


class Shown(tp.NamedTuple):
    """Who shows the texts.

    Attributes:
        everywhere: all servers do.
        enough: one does at least, and none says that they are not there; others do not
            answer.
        reason: what those say that do not show them; "": all do.
    """

    everywhere: bool
    enough: bool
    reason: str = ""


def of_texts(answers: tp.Iterable[Answer], texts: tp.Collection[str]) -> Shown:
    """Judge the answers of all servers; the servers may have other texts as well."""
    wanted, good, lacking, silent = set(texts), 0, [], []
    for one in answers:
        if one.usable and wanted <= set(one.values):
            good += 1
        elif one.usable:
            lacking.append(f"{one.server} does not show it")
        else:
            silent.append(f"{one.server} {FAILURES[one.kind]}")
    # Those that others would believe come first.
    faults = [*lacking, *silent]
    more = f" (and {len(faults) - _NAMED} more)" if len(faults) > _NAMED else ""
    reason = "; ".join(faults[:_NAMED]) + more
    enough = good > 0 and not lacking
    return Shown(enough and not silent, enough, reason)
