# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names, addresses and paths of one stand.

Nothing here is a secret: the passwords open a platform that lives in network
namespaces which have no link to the machine's own network.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import typing as tp

REPO = pathlib.Path(__file__).resolve().parents[2]
FILES = REPO / "tests" / "stand" / "files"
INSIDE = REPO / "tests" / "stand" / "inside"

# --- the platform's network (as on a real realm: core is .2) -----------------
PREFIX_LENGTH = 22
NETWORK = "10.20.0.0/22"
BOOT_NETWORK = "10.30.0.0/24"
GATEWAY_IP = "10.20.0.1"
CORE_IP = "10.20.0.2"
CP_IP = "10.20.0.3"
BRIDGE = "br0"
BRIDGE_MAC = "02:00:0a:14:00:01"  # locally administered
CORE_HOST = "core.local.genesis-core.tech"
CP_HOST = "metapaas-cp.local.genesis-core.tech"
REPOSITORY_URL = f"http://{GATEWAY_IP}:8080/"

# --- identities --------------------------------------------------------------
CORE_UUID = "c0c0c0c0-0000-4000-8000-000000000001"
CP_UUID = "cccccccc-0000-4000-8000-000000000002"
PROJECT_ID = "4d657461-0000-0000-0000-000000000002"
OTHER_PROJECT_ID = "4d657461-0000-0000-0000-0000000000b0"
OWNER_ROLE = "726f6c65-0000-0000-0000-000000000002"
ADMIN_USER, ADMIN_PASSWORD = "admin", "admin"
METAPAAS_USER, METAPAAS_PASSWORD = "metapaas", "metapaas-secret"
USER, USER_PASSWORD = "alice", "alice-secret"
OTHER_USER, OTHER_PASSWORD = "mallory", "mallory-secret"
VERSION_UUID = "0e0e0e0e-0000-4000-8000-000000000001"
VERSION_NAME = "exim4_1"

# --- the fake internet -------------------------------------------------------
DNS_IP, RESOLVER_IP, ACME_IP = "192.0.2.53", "192.0.2.54", "192.0.2.14"
#: Signed zones of their own, which the platform's operator may change (RFC 2136). Not
#: below .test, of which the library of unbound in OpenDKIM knows no name (RFC 6761);
#: told otherwise, it reads its settings for each connection, and two readings at once
#: break it for good.
ZONES = ("shop.example", "brand.example", "operator.example")
UPDATE_KEY = "operator."


@dataclasses.dataclass(frozen=True)
class MailHost:
    """A mail host that somebody else runs: its DNS name, address and software.

    What makes one `strict` is in strict.py.
    """

    label: str
    hostname: str
    domain: str
    ip: str
    software: str
    strict: bool = False


MAIL_HOSTS = (
    MailHost("mx1", "mx.remote.test", "remote.test", "198.51.100.25", "exim"),
    MailHost("mx2", "mx.other.test", "other.test", "203.0.113.25", "postfix", True),
)


def mail_host(name: str) -> MailHost:
    """Return the mail host of a label, host name or domain; LookupError for others."""
    hosts = {n: h for h in MAIL_HOSTS for n in (h.label, h.hostname, h.domain)}
    if name not in hosts:
        raise LookupError(f"no mail host {name!r}; there are: {sorted(hosts)}")
    return hosts[name]


NAME_RULE = re.compile(r"[a-z0-9][a-z0-9-]{0,15}\Z")


@dataclasses.dataclass(frozen=True)
class Settings:
    """One stand: its name and where its state and the shared cache lie."""

    name: str
    cache: pathlib.Path
    state: pathlib.Path

    @classmethod
    def load(cls, name: str | None = None) -> "Settings":
        """Read the environment; raise ValueError for a name that is not usable."""
        env = os.environ
        name = name or env.get("EXORDOS_STAND") or "main"
        if not NAME_RULE.match(name):
            raise ValueError(
                f"stand name {name!r}: 1 to 16 of a-z, 0-9 and '-', no '-' first"
            )
        cache = pathlib.Path(
            env.get("EXORDOS_STAND_CACHE") or "/var/cache/exordos-mail-stand"
        )
        state = pathlib.Path(
            env.get("EXORDOS_STAND_STATE") or "/var/lib/exordos-mail-stand"
        )
        return cls(name, cache.absolute(), state.absolute() / name)

    @property
    def netns(self) -> str:
        """Network namespace of the platform and of its clients."""
        return f"exordos-mail-{self.name}"

    def host_netns(self, label: str) -> str:
        """Network namespace of one host of the fake internet."""
        return f"{self.netns}-{label}"

    @property
    def all_netns(self) -> tuple[str, ...]:
        """Every network namespace that the stand may own, the platform's last."""
        labels = ["dns", *(h.label for h in MAIL_HOSTS)]
        return (*(self.host_netns(x) for x in labels), self.netns)

    @property
    def logs(self) -> pathlib.Path:
        """One log file per service."""
        return self.state / "logs"

    @property
    def run(self) -> pathlib.Path:
        """Process records, sockets, the pool's state."""
        return self.state / "run"

    @property
    def nodes(self) -> pathlib.Path:
        """A directory per node: upper layer, data disk, process record."""
        return self.state / "nodes"

    @property
    def repository(self) -> pathlib.Path:
        """What the stand's repository of elements serves by HTTP (REPOSITORY_URL)."""
        return self.state / "repository"

    @property
    def postgres(self) -> pathlib.Path:
        """Database cluster and its socket."""
        return self.state / "pg"

    def facts(self) -> dict[str, tp.Any]:
        """Return what `up` wrote down: its options and the built things' paths."""
        return dict(json.loads((self.state / "stand.json").read_text()))

    @property
    def pool_file(self) -> pathlib.Path:
        """What the machine pool believes to exist (written by Core's driver)."""
        return self.run / "pool.json"


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment that a client of the stand gets."""
    host1, host2 = MAIL_HOSTS
    return {
        "EXORDOS_ENDPOINT": f"http://{CORE_HOST}:80/api/core",
        "EXORDOS_USERNAME": USER,
        "EXORDOS_PASSWORD": USER_PASSWORD,
        "EXORDOS_PROJECT_ID": PROJECT_ID,
        "EXORDOS_MAIL_CP_URL": f"http://{CP_HOST}:8080",
        "EXORDOS_OTHER_USERNAME": OTHER_USER,
        "EXORDOS_OTHER_PASSWORD": OTHER_PASSWORD,
        "EXORDOS_OTHER_PROJECT_ID": OTHER_PROJECT_ID,
        "EXORDOS_STAND": settings.name,
        "EXORDOS_STAND_CACHE": str(settings.cache),
        "EXORDOS_STAND_STATE": str(settings.state.parent),
        "EXORDOS_STAND_CTL": str(REPO / "tests" / "stand" / "standctl"),
        "EXORDOS_STAND_DNS": DNS_IP,
        "EXORDOS_STAND_RESOLVER": RESOLVER_IP,
        "EXORDOS_STAND_MX1": host1.hostname,
        "EXORDOS_STAND_MX1_DOMAIN": host1.domain,
        "EXORDOS_STAND_MX1_IP": host1.ip,
        "EXORDOS_STAND_MX2": host2.hostname,
        "EXORDOS_STAND_MX2_DOMAIN": host2.domain,
        "EXORDOS_STAND_MX2_IP": host2.ip,
    }


def render(text: str, values: tp.Mapping[str, tp.Any]) -> str:
    """Replace every ``@NAME@``; a name without a value is a KeyError."""
    return re.sub(r"@([A-Z][A-Z0-9_]*)@", lambda m: str(values[m[1]]), text)


def template(name: str, values: tp.Mapping[str, tp.Any]) -> str:
    """Render one file of ``files/``."""
    return render((FILES / name).read_text(), values)


def write(
    path: pathlib.Path, text: str, mode: int = 0o644, owner: str | None = None
) -> None:
    """Write a small file with its directory, final mode from the first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    os.chmod(path, mode)
    if owner:
        shutil.chown(path, owner)
