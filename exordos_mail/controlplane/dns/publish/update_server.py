# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A name server that takes updates (RFC 2136) with TSIG (RFC 8945)."""

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rdtypes.txtbase
import dns.tsig
import dns.update

from exordos_mail.controlplane.dns.publish.provider import PublishFailure
from exordos_mail.controlplane.dns.publish.step import Step

#: Seconds for one question or update, connection and all.
TIMEOUT = 5.0
#: Octets of one string in a text (RFC 1035 section 3.3).
_STRING_MAX = 255

#: What the prerequisites of an update say when somebody else was there in between.
_CHANGED = (
    dns.rcode.YXDOMAIN,
    dns.rcode.YXRRSET,
    dns.rcode.NXRRSET,
    dns.rcode.NXDOMAIN,
)


class UpdateServer:
    """The server; it is asked and changed by TCP, and every message is signed.

    Args:
        address, port: of the server.
        key: that it knows.
    """

    def __init__(self, address: str, port: int, key: dns.tsig.Key) -> None:
        self._address = address
        self._port = port
        self._key = key
        self._zones: dict[dns.name.Name, dns.name.Name] = {}

    def zone(self, name: str) -> str:
        """Return the apex of the zone that holds a name, without the last dot."""
        return self._zone(dns.name.from_text(name)).to_text(True).lower()

    def read(self, name: str, kind: str) -> list[str]:
        """Return the values of a name and type."""
        owner = dns.name.from_text(name)
        self._zone(owner)
        answer = self._asked(owner, kind)
        wanted = dns.rdatatype.from_text(kind)
        return sorted(
            value(rdata)
            for rrset in answer.answer
            if rrset.name == owner and rrset.rdtype == wanted
            for rdata in rrset
        )

    def apply(self, step: Step) -> None:
        """Do a step in one update; its prerequisites keep others' changes."""
        owner = dns.name.from_text(step.name)
        zone = self._zone(owner)
        update = dns.update.UpdateMessage(zone, keyring=self._key)
        _require(update, owner, step)
        for text in step.remove:
            update.delete(owner, rdata(step.type, text))
        for record in step.add:
            update.add(owner, record.ttl, rdata(step.type, record.value))
        answer = self._exchanged(update, changes=True)
        code = answer.rcode()
        if code in _CHANGED:
            raise PublishFailure(
                f"{step.name} has other records than a moment ago, or an alias "
                f"({dns.rcode.to_text(code)})"
            )
        if code != dns.rcode.NOERROR:
            raise self._refused(f"an update of {step.name}", code)

    def _zone(self, owner: dns.name.Name) -> dns.name.Name:
        """Return the zone of the server that holds a name.

        Of a name with an alias it tells the alias only; those above it tell the zone.
        """
        if owner not in self._zones:
            found, above = self._apex(owner), owner
            while found is None and above != dns.name.root:
                above = above.parent()
                found = self._apex(above)
            if found is None:
                raise PublishFailure(
                    f"{self._who} has no zone for {owner.to_text(True)}"
                )
            self._zones[owner] = found
        return self._zones[owner]

    def _apex(self, owner: dns.name.Name) -> dns.name.Name | None:
        answer = self._asked(owner, "SOA")
        for rrset in [*answer.answer, *answer.authority]:
            if rrset.rdtype == dns.rdatatype.SOA and owner.is_subdomain(rrset.name):
                return rrset.name
        return None

    def _asked(self, owner: dns.name.Name, kind: str) -> dns.message.Message:
        query = dns.message.make_query(owner, kind)
        query.use_tsig(self._key)
        query.flags &= ~dns.flags.RD
        answer = self._exchanged(query)
        name = owner.to_text(True)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise self._refused(f"a question about {name}", answer.rcode())
        if not answer.flags & dns.flags.AA:
            raise PublishFailure(f"{self._who} has no zone for {name}")
        return answer

    def _exchanged(
        self, message: dns.message.Message, changes: bool = False
    ) -> dns.message.Message:
        try:
            answer = dns.query.tcp(
                message, self._address, timeout=TIMEOUT, port=self._port
            )
        except ConnectionRefusedError:
            raise PublishFailure(
                f"{self._who} takes no connection", all_of_it=True
            ) from None
        except dns.tsig.PeerError as error:
            text = f"{self._who} refuses our key: {type(error).__name__}"
            raise PublishFailure(text, all_of_it=True) from None
        except (OSError, EOFError, dns.exception.DNSException) as error:
            text = f"{self._who} does not answer: {type(error).__name__}"
            raise PublishFailure(
                text, nothing_done=not changes, all_of_it=True
            ) from None
        if answer.rcode() == dns.rcode.NOERROR and not answer.had_tsig:
            text = f"{self._who} does not sign its answers"
            raise PublishFailure(text, nothing_done=not changes, all_of_it=True)
        return answer

    def _refused(self, what: str, code: dns.rcode.Rcode) -> PublishFailure:
        return PublishFailure(f"{self._who} refuses {what}: {dns.rcode.to_text(code)}")

    @property
    def _who(self) -> str:
        return f"the name server {self._address}"


def _require(
    update: dns.update.UpdateMessage, owner: dns.name.Name, step: Step
) -> None:
    """Let the server do it only if what was read is still all that is there.

    Without the second part it would pass over additions in silence where there is an
    alias, or over an alias where there is anything else (RFC 2136 section 3.4.2.2).
    """
    if step.found:
        update.present(owner, *(rdata(step.type, one) for one in step.found))
    elif step.type == "CNAME":
        update.absent(owner)
    else:
        update.absent(owner, step.type)
        if step.add:
            update.absent(owner, "CNAME")


def rdata(kind: str, text: str) -> dns.rdata.Rdata:
    """Return a value of `record.Record` in the form of dnspython."""
    if kind != "TXT":
        return dns.rdata.from_text("IN", kind, text)
    octets = text.encode("latin-1")
    strings = [
        octets[start : start + _STRING_MAX]
        for start in range(0, max(len(octets), 1), _STRING_MAX)
    ]
    return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, tuple(strings))


def value(found: dns.rdata.Rdata) -> str:
    """Return what a server has in the form of `record.Record`; see `rdata`."""
    if isinstance(found, dns.rdtypes.txtbase.TXTBase):
        return b"".join(found.strings).decode("latin-1")
    return found.to_text().lower()
