# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A signed internet: the root, top level domains, domains, a validating resolver."""

import contextlib
import functools
import pathlib
import shutil
import subprocess
import tempfile
import typing as tp

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.update

from tests.lab import addresses, daemon, keys, namespace, zones
from tests.stand import laboratory, progress, settings

#: What a server that is away or busy raises.
_NO_ANSWER = (OSError, EOFError, dns.exception.DNSException)
_FILES = pathlib.Path(__file__).with_name("files")


class Internet:
    """The internet of one test; README.md beside this file shows how it is used.

    resolver: address of the validating resolver.
    primary, secondary, unbound: its servers (daemon.Daemon).
    update_key: file with the TSIG key of the operator's zones.
    """

    resolver = addresses.RESOLVER
    authorities = (addresses.PRIMARY, addresses.SECONDARY)
    update_server = addresses.PRIMARY

    def __init__(self, secondary: bool = True) -> None:
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mail-lab."))
        # The servers of others run in there as well; pytest's own umask may differ.
        self.home.chmod(0o755)
        self._zones = list(zones.FIRST)
        self._keys = {name: keys.Key.new(name) for name in ("lab.", "operator.")}
        self.update_key = self.home / "operator.key"
        self.with_secondary = secondary
        self._write()
        self.namespace = namespace.Namespace(laboratory.root(), self.home)
        self._servers()

    def __enter__(self) -> "Internet":
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        """End it."""
        self.stop()

    def start(self) -> None:
        """Start all servers and wait until a signed answer validates."""
        self.primary.start()
        if self.with_secondary:
            self.secondary.launch()
        self._delegate([zone for zone in self._zones if zone.signed])
        self.unbound.start()
        if self.with_secondary:
            self.secondary.ready()
            self.synchronise()

    def stop(self) -> None:
        """End every process in it and remove its files."""
        self.namespace.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def entered(self) -> contextlib.AbstractContextManager[None]:
        """Let this thread, and threads that it starts, use this internet's network."""
        return self.namespace.entered()

    def run(self, *argv: str) -> str:
        """Run a program of the lab's root file system in there; return its output.

        Whatever its exit status is: judges say by it what they think.
        """
        done = subprocess.run(
            self.namespace.command(*argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        return done.stdout.decode(errors="replace")

    def zone(self, name: str, signed: bool = True, operator: bool = True) -> str:
        """Serve another zone, with its delegation; return its absolute name.

        Args:
            name: of the zone; nothing changes if it is there.
            signed: whether it is signed and its parent says so.
            operator: whether `update_key` may change it.
        """
        new = zones.Zone(zones.absolute(name), signed, operator)
        if any(one.name == new.name for one in self._zones):
            return new.name
        self._zones.append(new)
        self._write()
        self._knotc("reload")
        progress.until(lambda: self._has(new), 10, f"zone {new.name}", pause=0.01)
        self._change(new, lambda up, name: self._add_servers(up, name))
        if new.signed:
            self._delegate([new])
        if self.with_secondary:
            self.run("nsd-control", "-c", "/mnt/nsd.conf", "reconfig")
            # with the delegation: without it, the resolver would remember for a minute
            # that the zone does not validate
            self.synchronise()
        self.forget()
        return new.name

    def set(
        self, name: str, kind: str, values: tp.Sequence[str], ttl: int = zones.TTL
    ) -> None:
        """Replace all records of a name and type; both authorities have it then.

        Args:
            name: with or without a final dot; an address means its reverse name.
            kind: e.g. "MX".
            values: in the form of zone files, names with their final dot; a TXT
                value without quotes is cut into strings. Without any the records go.
            ttl: seconds.
        """
        owner = dns.name.from_text(zones.absolute(name))
        zone = self._zone_with(owner.to_text(), kind)
        texts = [_txt(one) if kind.upper() == "TXT" else one for one in values]
        update = self._update(zone)
        update.delete(owner, kind)
        for one in texts:
            update.add(owner, ttl, kind, one)
        self._send(update)
        if self.with_secondary and self.secondary.runs and not self.secondary.held:
            self.synchronise(zone.name)

    def get(self, name: str, kind: str, server: str | None = None) -> list[str]:
        """Return what an authority says: values in the form of zone files, sorted."""
        owner = zones.absolute(name)
        answer = self.ask(owner, kind, server or addresses.PRIMARY, seconds=0.5)
        wanted = dns.rdatatype.from_text(kind)
        found = [r for rrset in answer.answer for r in rrset if r.rdtype == wanted]
        return sorted(one.to_text() for one in found)

    def ask(
        self,
        name: str,
        kind: str,
        server: str = addresses.RESOLVER,
        seconds: float = 5,
    ) -> dns.message.Message:
        """Ask a server, the resolver by default, with DO set."""
        query = dns.message.make_query(name, kind, want_dnssec=True)
        with self.entered():
            return dns.query.udp_with_fallback(query, server, timeout=seconds)[0]

    def validates(self, name: str, kind: str, seconds: float = 5) -> bool:
        """Say whether the resolver finds an answer and proves it (flag AD)."""
        answer = self.ask(name, kind, seconds=seconds)
        return bool(answer.answer and answer.flags & dns.flags.AD)

    def forge(self, name: str) -> None:
        """Give a zone's parent a digest that no key of the zone has: bogus from now."""
        self.set(name, "DS", [f"1 13 2 {'00' * 32}"])
        self.forget()

    def heal(self, name: str) -> None:
        """Give a zone's parent the right digest again."""
        absolute = zones.absolute(name)
        self._delegate([one for one in self._zones if one.name == absolute])
        if self.with_secondary:
            self.synchronise()
        self.forget()

    def forget(self) -> None:
        """Let the resolver forget which keys it has proved."""
        self.run("unbound-control", "-c", "/mnt/unbound.conf", "flush_zone", ".")

    def synchronise(self, name: str | None = None) -> None:
        """Wait until the secondary has what the primary has, in one zone or in all."""
        for zone in self._zones:
            if name in (None, zone.name):
                self._notify(zone)
                text = f"the secondary has {zone.name}"
                same = functools.partial(self._same, zone)
                progress.until(same, 20, text, pause=0.01)

    def _zone_with(self, owner: str, kind: str) -> zones.Zone:
        """Return the zone that has such records of a name: its parent's for DS."""
        below = [
            one for one in self._zones if kind.upper() != "DS" or one.name != owner
        ]
        return zones.of(owner, below)

    # --- inside ----------------------------------------------------------------

    def _write(self) -> None:
        values = {
            **addresses.VALUES,
            "KEYS": "".join(one.for_knot() for one in self._keys.values()),
        }
        for name, of_it in (
            ("knot.conf", zones.for_knot(self._zones)),
            ("nsd.conf", zones.for_nsd(self._zones)),
            ("unbound.conf", ""),
        ):
            text = settings.render(
                (_FILES / name).read_text(), {**values, "ZONES": of_it}
            )
            (self.home / name).write_text(text)
        for directory in ("knot", "nsd", "zones"):
            (self.home / directory).mkdir(exist_ok=True)
        for zone in self._zones:
            path = self.home / "zones" / zone.file
            if not path.exists():
                path.write_text(zones.text(zone, self._zones))
        hints = [f". NS {name}" for name in addresses.NAMES] + zones.glue()
        (self.home / "root.hints").write_text("\n".join(hints) + "\n")
        (self.home / "resolv.conf").write_text(
            f"nameserver {self.resolver}\noptions trust-ad timeout:2 attempts:2\n"
        )
        # posttls-finger wants a postfix, of which this is enough.
        (self.home / "main.cf").write_text(
            "compatibility_level = 3.6\nsmtp_dns_support_level = dnssec\n"
        )
        settings.write(self.update_key, self._keys["operator."].file(), 0o600)

    def _servers(self) -> None:
        self.primary = daemon.Daemon(
            self.namespace,
            "knot",
            ("knotd", "-c", "/mnt/knot.conf"),
            lambda: all(self._has(zone) for zone in self._zones),
        )
        self.secondary = daemon.Secondary(
            self.namespace,
            "nsd",
            ("nsd", "-d", "-c", "/mnt/nsd.conf"),
            lambda: bool(self._serial(self._zones[0], addresses.SECONDARY)),
        )
        self.unbound = daemon.Daemon(
            self.namespace,
            "unbound",
            ("unbound", "-d", "-c", "/mnt/unbound.conf"),
            lambda: self.validates("example.com", "SOA", seconds=0.2),
        )

    def _knotc(self, *argv: str) -> None:
        self.run("knotc", "-s", "/run/knot.sock", "-b", *argv)

    def _has(self, zone: zones.Zone) -> bool:
        kind = "DNSKEY" if zone.signed else "SOA"
        return bool(self.get(zone.name, kind))

    def _serial(self, zone: zones.Zone, server: str) -> str:
        return "".join(one.split()[2] for one in self.get(zone.name, "SOA", server))

    def _same(self, zone: zones.Zone) -> bool:
        """Ask three times: NSD's old process may answer beside its new one."""
        wanted = self._serial(zone, addresses.PRIMARY)
        try:
            return {self._serial(zone, addresses.SECONDARY) for _ in "123"} == {wanted}
        except _NO_ANSWER:
            return False

    def _notify(self, zone: zones.Zone) -> None:
        """Tell the secondary to look: the primary itself waits a second with that."""
        notice = dns.message.make_query(zone.name, "SOA")
        notice.set_opcode(dns.opcode.NOTIFY)
        with self.entered(), contextlib.suppress(*_NO_ANSWER):
            dns.query.tcp(notice, addresses.SECONDARY, timeout=1)

    def _delegate(self, new: tp.Sequence[zones.Zone]) -> None:
        """Tell parents the digests of zones' keys, and the resolver the root's key."""
        updates: dict[zones.Zone, dns.update.UpdateMessage] = {}
        for zone in new:
            keys_ = self.get(zone.name, "DNSKEY")
            if zone.name == ".":
                lines = "".join(f". DNSKEY {key}\n" for key in keys_)
                (self.home / "anchor.key").write_text(lines)
                (self.home / "bind.keys").write_text(_anchors(keys_))
                continue
            above = zones.parent(zone, self._zones)
            update = updates.setdefault(above, self._update(above))
            owner = dns.name.from_text(zone.name)
            update.delete(owner, "DS")
            for key in keys_:
                update.add(owner, zones.TTL, "DS", _digest(owner, key))
        for update in updates.values():
            self._send(update)

    def _add_servers(
        self, update: dns.update.UpdateMessage, name: dns.name.Name
    ) -> None:
        for server in addresses.NAMES:
            update.add(name, zones.TTL, "NS", server)

    def _change(self, zone: zones.Zone, change: tp.Callable[..., None]) -> None:
        update = self._update(zones.parent(zone, self._zones))
        change(update, dns.name.from_text(zone.name))
        self._send(update)

    def _update(self, zone: zones.Zone) -> dns.update.UpdateMessage:
        key = self._keys["lab."].of_dnspython()
        return dns.update.UpdateMessage(dns.name.from_text(zone.name), keyring=key)

    def _send(self, update: dns.update.UpdateMessage) -> None:
        with self.entered():
            answer = dns.query.tcp(update, addresses.PRIMARY, timeout=5)
        if answer.rcode() != dns.rcode.NOERROR:
            raise ValueError(
                f"the primary refuses a change: {dns.rcode.to_text(answer.rcode())}\n"
                f"{update}"
            )


def _digest(owner: dns.name.Name, key: str) -> str:
    rdata = dns.rdata.from_text("IN", "DNSKEY", key)
    return str(dns.dnssec.make_ds(owner, rdata, "SHA256").to_text())


def _anchors(keys_: tp.Iterable[str]) -> str:
    """Return the root's keys as delv reads them (`-a /mnt/bind.keys`)."""
    lines = []
    for key in keys_:
        flags, protocol, algorithm, data = key.split(None, 3)
        lines.append(f'. static-key {flags} {protocol} {algorithm} "{data}";\n')
    return f"trust-anchors {{\n{''.join(lines)}}};\n"


def _txt(value: str) -> str:
    """Return a TXT value in quoted strings of at most 255 octets."""
    if value.startswith('"'):
        return value
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{text[i : i + 250]}"' for i in range(0, max(len(text), 1), 250))
