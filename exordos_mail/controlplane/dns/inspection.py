# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One check of a domain: all of its records, against what its servers say now."""

import asyncio
import dataclasses
import itertools
import typing as tp

from exordos_mail.controlplane.dns import (
    authority,
    blocklists,
    exchange,
    resolving,
    reverse,
    senders,
)
from exordos_mail.standards.dns import judge, judge_text, spf, wanted
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Answer, Context, Verdict

Judged = tuple[Record, Verdict]


#: Seconds for the resolver, so that a silent one leaves time to ask the servers that
#: are known from before.
_RESOLVER_SECONDS = 1.5
#: Seconds for the proof; a resolver asks all servers of a zone that does not validate.
_PROOF_SECONDS = 2.5


@dataclasses.dataclass(frozen=True)
class Report:
    """What came of a check.

    Attributes:
        zone: the zone and its servers; an apex of "": nobody could tell.
        security: of the zone; see `verdict.Context`.
        judged: each wanted record with its verdict.
        answered: whether any authoritative server said anything.
    """

    zone: resolving.Zone
    security: str
    judged: tuple[Judged, ...] = ()
    answered: bool = False


async def inspect(
    facts: wanted.Facts,
    resolvers: tp.Sequence[str],
    last: Report | None = None,
    ask: exchange.Ask = exchange.ask,
    seconds: float = 5.0,
) -> Report:
    """Check a domain; it takes `seconds` at the most.

    Args:
        facts: of the domain; `zone` and `signed` are found out here.
        resolvers: addresses of resolvers.
        last: of the last check; its zone counts where the resolver does not answer.
        ask: what asks a server.
        seconds: for all of it.
    """
    own, ptr, listed = await asyncio.gather(
        _inspect(facts, resolvers, last, ask, seconds),
        reverse.judged(facts, resolvers, ask, seconds),
        blocklists.judged(facts, resolvers, ask, seconds),
    )
    return dataclasses.replace(own, judged=(*own.judged, *ptr, *listed))


async def _inspect(
    facts: wanted.Facts,
    resolvers: tp.Sequence[str],
    last: Report | None,
    ask: exchange.Ask,
    seconds: float,
) -> Report:
    """Check the records that stand in the domain's own zone."""
    budget = exchange.Budget(seconds=seconds)
    resolver = resolving.Resolver(resolvers, budget, ask)
    quick = resolving.Resolver(resolvers, budget.part(_RESOLVER_SECONDS), ask)
    zone = await quick.zone(facts.domain)
    if not zone.servers and last is not None and last.zone.servers:
        zone = last.zone
    if not zone.servers:
        return _nothing(facts, zone)
    servers = authority.Authority(zone, resolver, budget, ask)
    prober = resolving.Resolver(resolvers, budget.part(_PROOF_SECONDS), ask)
    security, _ = await asyncio.gather(prober.security(zone.apex), servers.meet())
    if not security:
        security = last.security if last is not None else "insecure"
    facts = dataclasses.replace(facts, zone=zone.apex, signed=security == "secure")
    return await _Inspection(facts, resolver, servers, security, budget, ask).report()


def _nothing(facts: wanted.Facts, zone: resolving.Zone) -> Report:
    gone = (Answer("the resolver", "servfail"),)
    records = wanted.wanted(facts)
    judged = tuple((one, judge.judge(one, gone)) for one in records)
    return Report(zone, "insecure", judged)


class _Inspection:
    """The check of one domain; see `inspect`."""

    def __init__(
        self,
        facts: wanted.Facts,
        resolver: resolving.Resolver,
        servers: authority.Authority,
        security: str,
        budget: exchange.Budget,
        ask: exchange.Ask,
    ) -> None:
        self._facts = facts
        self._resolver = resolver
        self._servers = servers
        self._budget = budget
        self._ask = ask
        self._records = wanted.wanted(facts)
        self._keys = {
            f"{one.selector}._domainkey.{facts.domain}": one.value for one in facts.keys
        }
        self._context = Context(
            security=security,
            zone=servers.zone.apex,
            addresses=(*facts.ipv4s, *facts.ipv6s),
            mechanisms=tuple(wanted.mechanisms(facts)),
            smarthost=facts.smarthost,
            dmarc_policy=facts.dmarc_policy,
            dmarc_rua=facts.dmarc_rua,
        )

    async def report(self) -> Report:
        """Ask, judge, and look once more for what is missing."""
        questions = list(dict.fromkeys((one.name, one.type) for one in self._records))
        found = await asyncio.gather(*(self._answers(*one) for one in questions))
        answers = dict(zip(questions, found, strict=True))
        self._context = await self._evaluated(
            answers.get((self._facts.domain, "TXT"), ())
        )
        judged = await asyncio.gather(
            *(self._judged(one, answers[one.name, one.type]) for one in self._records)
        )
        answered = any(one.usable for one in itertools.chain(*answers.values()))
        zone = self._servers.zone
        return Report(zone, self._context.security, tuple(judged), answered)

    async def _answers(self, name: str, kind: str) -> tuple[Answer, ...]:
        found = await self._servers.answers(name, kind)
        if not any(one.kind == "referral" for one in found):
            return found
        # a zone of its own, such as _domainkey at another provider
        zone = await self._resolver.zone(name)
        if not zone.servers or zone.apex == self._servers.zone.apex:
            return (Answer("the resolver", "servfail"),)
        below = authority.Authority(zone, self._resolver, self._budget, self._ask)
        return await below.answers(name, kind)

    async def _judged(self, record: Record, answers: tuple[Answer, ...]) -> Judged:
        keys = {
            one.name: one.value
            for one in self._records
            if one.purpose == "dkim" and one.name != record.name
        }
        context = dataclasses.replace(self._context, keys=keys)
        found = judge.judge(record, answers, context)
        if found.state == "ok" and (record.purpose, record.type) == ("dkim", "CNAME"):
            return record, await self._behind(record, found)
        if found.state != "missing":
            return record, found
        elsewhere = await self._elsewhere(record)
        context = dataclasses.replace(context, elsewhere=elsewhere)
        return record, judge.judge(record, answers, context)

    async def _evaluated(self, answers: tp.Iterable[Answer]) -> Context:
        """Return the context with what each SPF record evaluates to."""
        texts = sorted({one for each in answers for one in each.values})
        sending = senders.Senders(self._facts, self._resolver, self._servers)
        found = await sending.evaluations([one for one in texts if spf.is_one(one)])
        return dataclasses.replace(self._context, evaluations=found, lost=sending.lost)

    async def _behind(self, record: Record, alias: Verdict) -> Verdict:
        """Judge an alias that is right by what it leads to: the key, or nothing."""
        value = self._keys[record.name]
        key = dataclasses.replace(record, type="TXT", value=value)
        answers = await self._answers(record.name, "TXT")
        if judge.judge(key, answers, self._context).state == "ok":
            return alias
        fix = (
            f"Wait until the operator's zone has the key at {record.value} on all of"
            " its name servers: the CNAME is right."
        )
        return dataclasses.replace(alias, state="waiting", fix=fix)

    async def _elsewhere(self, record: Record) -> dict[str, tuple[str, ...]]:
        """Return what stands where people put such a record by mistake."""
        if record.purpose == "web":
            found = await self._servers.any_of_them(record.name, "A")
            return {record.name: found.values} if found.values else {}
        if record.type != "TXT":
            return {}
        names = judge_text.other_names(record, self._servers.zone.apex)
        texts = await asyncio.gather(
            *(self._servers.any_of_them(one, "TXT") for one in names)
        )
        return {
            name: one.values
            for name, one in zip(names, texts, strict=True)
            if one.kind == "answered"
        }
