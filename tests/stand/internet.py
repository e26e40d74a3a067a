# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The fake internet: name servers and two mail hosts that somebody else runs.

The hosts are containers in network namespaces of their own.  Mail that they get
is in the Maildir ``internet/<label>/mail/all`` of the stand's state.
"""

import base64
import email.policy
import functools
import ipaddress
import json
import pathlib
import secrets
import shlex
import time
import typing as tp

from tests.stand import (
    acme,
    containers,
    network,
    processes,
    progress,
    settings,
    strict,
)

TTL = "1"


class Internet:
    """The fake internet of one stand."""

    def __init__(
        self, stand: settings.Settings, built: tp.Mapping[str, pathlib.Path]
    ) -> None:
        self.stand, self.built = stand, built
        self.home = stand.state / "internet"
        self.values = {
            name: getattr(settings, name)
            for name in (
                "DNS_IP",
                "RESOLVER_IP",
                "CORE_IP",
                "CORE_HOST",
                "CP_IP",
                "CP_HOST",
            )
        }

    def up(self) -> None:
        """Start all hosts and wait until each answers."""
        self._dns()
        if "lab" in self.built:
            acme.start(self.stand, self.built["lab"])
        for host in settings.MAIL_HOSTS:
            if host.software == "exim":
                self._exim(host)
            else:
                self._postfix(host)
        progress.until(lambda: _resolves(self.stand), 30, "the resolver answers")
        for host in settings.MAIL_HOSTS:
            greets = functools.partial(self._greets, host)
            progress.until(greets, 60, f"{host.hostname} answers")
        progress.say("the fake internet answers")

    def _file(self, name: str, **values: str) -> str:
        return settings.template(f"internet/{name}", {**self.values, **values})

    def _start(
        self,
        label: str,
        software: str,
        files: tp.Mapping[str, str | bytes],
        *argv: str,
        binds: tp.Sequence[str] = (),
    ) -> None:
        home = self.home / label
        resolv = f"nameserver {settings.RESOLVER_IP}\n"
        containers.files(home / "upper", {"etc/resolv.conf": resolv, **files})
        command = containers.command(
            self.stand,
            self.stand.host_netns(label),
            self.built[f"internet-{software}"],
            home,
            "--as-pid2",
            *(f"--bind={b}" for b in binds),
            "--",
            *argv,
        )
        processes.start(self.stand, f"internet-{label}", command)

    def _dns(self) -> None:
        lines = []
        for host in settings.MAIL_HOSTS:
            lines += [
                f"{host.hostname}. A {host.ip}",
                f"{host.domain}. MX 10 {host.hostname}.",
                f'{host.domain}. TXT "v=spf1 ip4:{host.ip} -all"',
                f'{host.hostname}. TXT "v=spf1 ip4:{host.ip} -all"',
                f"{owner_name(host.ip)} PTR {host.hostname}.",
            ]
            if host.strict:
                lines += strict.records(self.stand, host)
        lines.append(f"{acme.NAME}. A {settings.ACME_IP}")
        zone = self._file("root.zone", HOSTS="\n".join(lines))
        hints = f". 3600 NS ns.root.test.\nns.root.test. 3600 A {settings.DNS_IP}\n"
        # "@" is knot's sign between address and port: not one of our names.
        files = {
            "stand/knot.conf": self._file(
                "knot.conf",
                UPDATE_KEY=settings.UPDATE_KEY,
                UPDATE_SECRET=update_secret(self.stand),
                ZONES="\n".join(map(_zone_of_knot, settings.ZONES)),
            ),
            **{f"stand/zones/{one}.zone": _ZONE for one in settings.ZONES},
            "stand/zones/root.zone": zone,
            "stand/unbound.conf": self._file("unbound.conf"),
            "stand/root.hints": hints,
            "stand/dns.sh": self._file("dns.sh", ZONES=" ".join(settings.ZONES)),
        }
        self._start("dns", "exim", files, "sh", "/stand/dns.sh")

    def _store(self, host: settings.MailHost) -> str:
        store = self.home / host.label / "mail"
        store.mkdir(parents=True)
        return f"{store}:/stand/mail"

    def _exim(self, host: settings.MailHost) -> None:
        conf = self._file(
            "exim.conf", HOSTNAME=host.hostname, DOMAIN=host.domain, IP=host.ip
        )
        files = {
            "etc/exim4/exim4.conf": conf,
            "stand/exim.sh": self._file("exim.sh"),
            **self._certificate(host),
        }
        self._start(
            host.label, "exim", files, "sh", "/stand/exim.sh", binds=[self._store(host)]
        )

    def _postfix(self, host: settings.MailHost) -> None:
        quoted = host.domain.replace(".", "\\.")
        names = {"HOSTNAME": host.hostname, "DOMAIN": host.domain, "IP": host.ip}
        files: dict[str, str | bytes] = {
            "etc/postfix/main.cf": self._file("main.cf", **names),
            "etc/postfix/master.cf": self._file("master.cf"),
            "etc/postfix/mailboxes": f"/@{quoted}$/ all/\n",
            "etc/postfix/recipients": "/^unknown@/ 550 5.1.1 no such user\n"
            "/^later@/ 451 4.7.1 greylisted, come back later\n",
            "etc/aliases": "root: postmaster\n",
            "stand/opendkim.conf": self._file("opendkim.conf", **names),
            "stand/opendmarc.conf": self._file("opendmarc.conf", **names),
            "stand/suffixes": "test\nexample\n",
            "stand/postfix.sh": self._file("postfix.sh"),
            "stand/nginx.conf": self._file("policy-nginx.conf", **names),
            "stand/mta-sts.txt": strict.policy(host),
            **self._certificate(host),
        }
        self._start(
            host.label,
            "postfix",
            files,
            "sh",
            "/stand/postfix.sh",
            binds=[self._store(host)],
        )

    def _certificate(self, host: settings.MailHost) -> dict[str, str | bytes]:
        work = strict.certificate(self.stand, host)
        return {
            "stand/tls.crt": (work / "crt").read_bytes(),
            "stand/tls.key": (work / "key").read_bytes(),
        }

    def _greets(self, host: settings.MailHost) -> bool:
        """Say whether port 25 gives a banner, asked from the platform's network."""
        code = (
            "import socket,sys\n"
            "s = socket.create_connection((sys.argv[1], 25), 2)\n"
            "sys.exit(not s.recv(4).startswith(b'220'))"
        )
        command = network.inside(self.stand.netns, "python3", "-c", code, host.ip)
        return progress.run(*command, check=False).returncode == 0


#: First content of each of settings.ZONES.
_ZONE = """\
$TTL 1
@ SOA ns.root.test. hostmaster.root.test. 1 3600 600 86400 1
@ NS ns.root.test.
"""


def _zone_of_knot(name: str) -> str:
    lines = (f"  - domain: {name}.", f"    file: {name}.zone", "    acl: operator")
    signing = ("    dnssec-signing: on", "    dnssec-policy: stand")
    loading = ("    zonefile-sync: -1", "    zonefile-load: difference-no-serial")
    return "\n".join((*lines, *signing, *loading, "    journal-content: all"))


def trust_anchors(stand: settings.Settings) -> list[str]:
    """Return the keys of the root, as lines of a zone."""
    path = stand.state / "internet/dns/upper/stand/trust-anchor"
    return path.read_text().splitlines()


def update_secret(stand: settings.Settings) -> str:
    """Return the secret (base64) with which the operator changes zones."""
    path = stand.state / "update-secret"
    if not path.exists():
        settings.write(path, base64.b64encode(secrets.token_bytes(32)).decode(), 0o600)
    return path.read_text()


def update_key(stand: settings.Settings) -> str:
    """Return the operator's key in the form of `tsig-keygen`."""
    return (
        f'key "{settings.UPDATE_KEY}" {{\n\talgorithm hmac-sha256;\n'
        f'\tsecret "{update_secret(stand)}";\n}};\n'
    )


def _zone_with(owner: str) -> str:
    """Return the zone that has an absolute name."""
    for zone in settings.ZONES:
        if owner == f"{zone}." or owner.endswith(f".{zone}."):
            return f"{zone}."
    return "."


def _leader(stand: settings.Settings, label: str) -> int:
    """Return the first process of a host; LookupError when it does not run."""
    record = processes.Record.load(processes.record_path(stand, f"internet-{label}"))
    pid = containers.leader(record.pid) if record and record.alive else None
    if pid is None:
        raise LookupError(f"the host {label!r} of the fake internet does not run")
    return pid


def command(stand: settings.Settings, name: str, *argv: str) -> list[str]:
    """Return the command that runs `argv` at a mail host, as its operator does."""
    return containers.enter(_leader(stand, settings.mail_host(name).label), *argv)


def _resolves(stand: settings.Settings) -> bool:
    """Say whether the resolver gives a validated answer."""
    try:
        pid = _leader(stand, "dns")
    except LookupError:
        return False
    done = progress.run(
        *containers.enter(
            pid,
            "kdig",
            f"@{settings.RESOLVER_IP}",
            "+dnssec",
            "+timeout=1",
            "+retry=0",
            "MX",
            settings.MAIL_HOSTS[0].domain,
        ),
        check=False,
    )
    return " ad" in done.stdout and settings.MAIL_HOSTS[0].hostname in done.stdout


def owner_name(name: str) -> str:
    """Return an absolute owner name; an address becomes its reverse name.

    >>> owner_name("10.20.0.20")
    '20.0.20.10.in-addr.arpa.'
    """
    try:
        return ipaddress.ip_address(name).reverse_pointer + "."
    except ValueError:
        return name.rstrip(".") + "."


def record_data(kind: str, value: str) -> str:
    """Return the value in the form that knot's control wants.

    TXT: a text without quotes is cut into strings of at most 255 octets.
    MX: without a preference it gets 10.  Names become absolute.
    """
    kind = kind.upper()
    if kind == "TXT" and not value.startswith('"'):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return " ".join(f'"{text[i : i + 250]}"' for i in range(0, len(text), 250))
    if kind == "MX":
        words = value.split()
        preference, host = words if len(words) == 2 else ("10", words[0])
        return f"{preference} {host.rstrip('.')}."
    if kind in ("PTR", "CNAME", "NS"):
        return value.rstrip(".") + "."
    return value


def dns_change(
    stand: settings.Settings, changes: tp.Sequence[tuple[str, str, str, str | None]]
) -> None:
    """Apply (action, name, type, value) in one transaction, without a restart.

    ``set`` replaces all records of that name and type by the value, ``add`` adds
    one, ``delete`` removes the value or, without one, all of them.
    """
    pid = _leader(stand, "dns")

    def knotc(*argv: str, check: bool = True) -> None:
        progress.run(
            *containers.enter(pid, "knotc", "-s", "/run/knot/knot.sock", *argv),
            check=check,
        )

    zones = {_zone_with(owner_name(name)) for _, name, _, _ in changes}
    for zone in zones:
        knotc("zone-begin", zone)
    try:
        for action, name, kind, value in changes:
            owner, kind = owner_name(name), kind.upper()
            zone = _zone_with(owner)
            data = shlex_split(record_data(kind, value)) if value else []
            if action == "set":
                knotc("zone-unset", zone, owner, kind, check=False)
            if action in ("set", "add"):
                knotc("zone-set", zone, owner, TTL, kind, *data)
            else:
                knotc("zone-unset", zone, owner, kind, *data)
        for zone in zones:
            knotc("zone-commit", zone)
    except progress.CommandError:
        for zone in zones:
            knotc("zone-abort", zone, check=False)
        raise


def shlex_split(text: str) -> list[str]:
    """Return the words of record data; knotc wants quotes kept around TXT strings."""
    return [text] if text.startswith('"') else shlex.split(text)


def messages(
    stand: settings.Settings, label: str, recipient: str | None = None
) -> list[dict[str, tp.Any]]:
    """Return the messages that a mail host has, oldest first.

    Each is {"host", "recipient", "path", "time", "headers": [[name, value], ...]}.
    """
    host = settings.mail_host(label)
    found = []
    for path in (stand.state / "internet" / host.label / "mail").glob("all/new/*"):
        with open(path, "rb") as stream:
            message = email.message_from_binary_file(
                stream, policy=email.policy.compat32
            )
        # One Maildir for all recipients; exim and postfix name them in a header.
        box = str(message["Envelope-to"] or message["X-Original-To"]).lower()
        if recipient and box != recipient.lower():
            continue
        headers = [[n, " ".join(str(v).split())] for n, v in message.items()]
        found.append(
            {
                "host": host.hostname,
                "recipient": box,
                "path": str(path),
                "time": path.stat().st_mtime,
                "headers": headers,
            }
        )
    return sorted(found, key=lambda m: m["time"])


def wait_messages(
    stand: settings.Settings,
    label: str,
    recipient: str | None,
    count: int,
    seconds: float,
) -> list[dict[str, tp.Any]]:
    """Return the messages as soon as there are ``count``, else those at the end."""
    end = time.monotonic() + seconds
    while True:
        found = messages(stand, label, recipient)
        if len(found) >= count or time.monotonic() >= end:
            return found
        time.sleep(0.1)


def dump(found: tp.Iterable[dict[str, tp.Any]]) -> str:
    """Return messages as JSON lines."""
    return "".join(json.dumps(m, ensure_ascii=False) + "\n" for m in found)
