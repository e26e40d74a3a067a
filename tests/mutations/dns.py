# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of what is said of DNS records."""

from tests.mutations.mutation import Mutation

DNS = (
    Mutation(
        "address-at-apex",
        "exordos_mail/standards/dns/wanted.py",
        "    if _at_apex(facts) or not is_below(facts.hostname, facts.domain):\n",
        "    if not is_below(facts.hostname, facts.domain):\n",
        "the tenant's web site is moved to the mail server",
        ("test_dns_records.py",),
    ),
    Mutation(
        "mx-before-it-receives",
        "exordos_mail/standards/dns/wanted.py",
        "    if facts.receives:\n",
        "    if True:\n",
        "mail is brought to a server that refuses it",
        ("test_dns_records.py",),
    ),
    Mutation(
        "one-server-is-enough",
        "exordos_mail/standards/dns/judge.py",
        '    if worst.state == "ok":\n',
        '    if any(one.state == "ok" for one in verdicts):\n',
        "a record that one of two servers lacks is good",
        ("test_dns_judge.py",),
    ),
    Mutation(
        "ptr-that-does-not-lead-back",
        "exordos_mail/standards/dns/reverse.py",
        "    if usable and not astray:\n",
        "    if usable:\n",
        "a PTR record that receivers do not believe is good",
        ("test_dns_reverse.py",),
    ),
    Mutation(
        "ptr-of-a-private-address",
        "exordos_mail/controlplane/dns/leaving.py",
        "        and dns_options.is_public(one)\n",
        "",
        "a tenant is told to ask nobody for the PTR record of 10.0.0.7",
        ("test_dns_reverse.py",),
    ),
    Mutation(
        "smarthost-in-nobodys-spf",
        "exordos_mail/standards/dns/wanted.py",
        "    if facts.smarthost:\n",
        "    if False:\n",
        "SPF names the machine, and mail comes from the smarthost",
        ("test_dns_reverse.py",),
    ),
    Mutation(
        "refused-is-listed",
        "exordos_mail/standards/dns/blocklist.py",
        "    if any(one in _REFUSED for one in (*codes, *_codes(said.has))):\n",
        "    if False:\n",
        "a blocklist that refuses to answer is taken for a listing",
        ("test_dns_blocklist.py",),
    ),
    Mutation(
        "list-that-lists-everybody",
        "exordos_mail/standards/dns/blocklist.py",
        "    has = bool(_codes(said.has)) and not _codes(said.has_not)\n",
        "    has = bool(_codes(said.has))\n",
        "the day a list ends, everybody is told to be on it",
        ("test_dns_blocklist.py",),
    ),
    Mutation(
        "look-ups-of-others",
        "exordos_mail/standards/dns/spf.py",
        '        if whole.result in ("permerror", "temperror"):\n',
        "        if False:\n",
        "eleven look-ups are good if ours are the first",
        ("test_dns_judge.py",),
    ),
    Mutation(
        "challenge-denied",
        "exordos_mail/standards/dns/shown.py",
        "    enough = good > 0 and not lacking\n",
        "    enough = good > 0\n",
        "an authority looks at a name server that does not have the record yet",
        ("test_dns_shown.py",),
    ),
    Mutation(
        "silence-lapses",
        "exordos_mail/controlplane/dns/outcome.py",
        '    if proof in ("", *_PASSING) or before != "proven":\n',
        '    if proof == "" or before != "proven":\n',
        "servers that do not answer take a domain away",
        ("test_dns_outcome.py",),
    ),
    Mutation(
        "no-second-look",
        "exordos_mail/controlplane/dns/outcome.py",
        "    if before.doubts + 1 >= DOUBTS:\n",
        "    if True:\n",
        "one lost datagram is an alarm",
        ("test_dns_outcome.py",),
    ),
)
