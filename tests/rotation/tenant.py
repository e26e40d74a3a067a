# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant whose domain is published for it, and whose days are short.

What the platform waits for by the clock (a week until a key is retired, two months
until a certificate is renewed) is made to have gone by in the database; all else takes
the time that it takes.
"""

import collections.abc as abc
import os
import pathlib
import socket
import ssl
import typing as tp

import dns.message
import dns.query
import psycopg
import psycopg.rows
import requests

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources, waiting
from tests.rotation import sender
from tests.stand import acme, settings

DOMAIN = "shop.example"
ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
_PAUSE = 0.05  # seconds between two looks

_KEYS = """
SELECT uuid, selector, algorithm, state, unused_since FROM mail_dkim_keys
WHERE domain = %s ORDER BY number
"""

_SLEEP = """
UPDATE mail_dkim_keys SET state_since = state_since - %(time)s::interval,
    seen_since = seen_since - %(time)s::interval,
    unused_since = unused_since - %(time)s::interval
WHERE domain = %(domain)s
"""

_DUE = """
UPDATE mail_dkim_schedule SET due_at = clock_timestamp() AT TIME ZONE 'utc'
WHERE domain = %s
"""

_RENEW = """
UPDATE mail_certificate_orders SET due_at = clock_timestamp() AT TIME ZONE 'utc'
WHERE certificate = %s
"""

Row = dict[str, tp.Any]


class Tenant:
    """The domain, its instance and its database rows.

    Args:
        stand: with an authority of certificates.
    """

    def __init__(self, stand: harness_module.Harness) -> None:
        self.stand = stand
        self.api = api_module.Api(api_module.Cloud.from_environment())
        self.db = psycopg.connect(
            host=str(stand.settings.postgres),
            user="postgres",
            dbname="metapaas",
            autocommit=True,
            row_factory=psycopg.rows.dict_row,
        )
        self.uuid = self.host = self.certificate = ""
        self.path = self.domain = ""

    # --- how it begins -----------------------------------------------------------

    def begin(self) -> None:
        """Have an instance, all records of its domain, and a certificate."""
        body = self.api.instance_body(domain=DOMAIN)
        made = self.api.create("/instances/", body)
        self.uuid = made["uuid"]
        self.path = f"/instances/{self.uuid}"
        self.domain = f"{self.path}/domains/{self.uuid}"
        active = self.api.wait_active(self.uuid)
        self.host = active["hostname"]
        self.stand.ctl("dns", "set", active["ipv4"], "PTR", self.host)
        wish = {"publish": "rfc2136", "dmarc_policy": "reject"}
        found = self.api.update(self.domain, wish, "PUT")
        proof = (found["proof_name"], "TXT", found["proof_value"])
        self.stand.ctl("dns", "set", *proof)
        self.invoke("check")
        self.until("both keys sign", lambda: len(self.signing()) == 2)
        self.until("the host has an address", lambda: _leads(self.host))
        self.until("an order of its certificate", self._is_ordered)
        self.until("the certificate", lambda: self.shown()["state"] == "valid")
        self.until("the node shows it", self._is_trusted)

    def _is_ordered(self) -> bool:
        """Tell whether there is one for the host name: it comes by itself."""
        path = f"{self.path}/certificates/"
        for one in self.api.list(path):
            if one["hostname"] == self.host:
                self.certificate = f"{path}{one['uuid']}"
        return bool(self.certificate)

    def _is_trusted(self) -> bool:
        try:
            with socket.create_connection((self.host, 465), 10) as plain:
                trust(self.stand).wrap_socket(plain, server_hostname=self.host).close()
        except (OSError, ssl.SSLError):
            return False
        return True

    def login(self) -> sender.Login:
        """Make an account and return how it logs in, as soon as it can."""
        instance = resources.Instance(self.uuid, DOMAIN, self.host)
        account = resources.Accounts(self.api, instance).working()
        return sender.Login(
            self.host, account.login, account.password, trust(self.stand)
        )

    def end(self) -> None:
        """Leave nothing behind."""
        if self.path:
            self.api.delete(self.path)
            self.api.wait_gone(self.uuid)
        self.db.close()

    # --- keys --------------------------------------------------------------------

    def dkim_keys(self) -> list[Row]:
        """Return the keys, oldest first."""
        return self.db.execute(_KEYS, (self.uuid,)).fetchall()

    def signing(self) -> set[str]:
        """Return the selectors that sign."""
        return {
            one["selector"] for one in self.dkim_keys() if one["state"] == "signing"
        }

    def invoke(self, action: str) -> None:
        """Ask for an action of the domain."""
        path = f"{self.domain}/actions/{action}/invoke"
        answer = self.api.call("POST", path, json={})
        assert answer.ok, api_module.describe(answer)

    def rotated(self, before: set[str]) -> bool:
        """Tell whether two other keys sign."""
        now = self.signing()
        return len(now) == 2 and not now & before

    def retiring(self) -> list[Row]:
        """Return the keys whose records have to stay."""
        return [one for one in self.dkim_keys() if one["state"] == "retiring"]

    def node_has_left(self) -> None:
        """Wait until the node is known to sign with the former keys no more."""
        self.until("the node has left its former keys", self._are_left)

    def _are_left(self) -> bool:
        self.db.execute(_DUE, (self.uuid,))
        return all(one["unused_since"] for one in self.retiring())

    def sleep(self, time: str) -> None:
        """Let an interval of SQL go by."""
        self.db.execute(_SLEEP, {"time": time, "domain": self.uuid})
        self.db.execute(_DUE, (self.uuid,))

    def record(self, selector: str) -> bool:
        """Tell whether the name server has the record of a key."""
        name = f"{selector}._domainkey.{DOMAIN}"
        query = dns.message.make_query(name, "TXT")
        return bool(dns.query.tcp(query, settings.DNS_IP, timeout=10).answer)

    # --- certificates ------------------------------------------------------------

    def shown(self) -> Row:
        """Return the certificate as the API shows it."""
        return self.api.get(self.certificate)

    def renewal_is_due(self) -> None:
        """Let two thirds of the certificate's life go by."""
        self.db.execute(_RENEW, (self.certificate.rpartition("/")[2],))

    # --- waiting -----------------------------------------------------------------

    @staticmethod
    def until(what: str, probe: abc.Callable[[], tp.Any], seconds: float = 90) -> None:
        """Wait for a condition."""
        waiting.until(what, probe, timeout=seconds, pause=_PAUSE)


def trust(stand: harness_module.Harness) -> ssl.SSLContext:
    """Return what takes certificates of the stand's authority, and no others."""
    url = f"https://{settings.ACME_IP}:{acme.MANAGEMENT}/roots/0"
    own = stand.settings.state / "internet" / "acme" / "crt"
    answer = requests.get(url, timeout=30, verify=str(own))
    answer.raise_for_status()
    return ssl.create_default_context(cadata=answer.text)


def boxes(stand: harness_module.Harness) -> list[pathlib.Path]:
    """Return where the stand's mail hosts keep what they get."""
    home = stand.settings.state / "internet"
    return [home / host.label / "mail" / "all" / "new" for host in settings.MAIL_HOSTS]


def recipients() -> list[str]:
    """Return an address at each of the stand's mail hosts."""
    return [
        f"bob@{os.environ[f'EXORDOS_STAND_{one}_DOMAIN']}" for one in ("MX1", "MX2")
    ]


def _leads(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 25, type=socket.SOCK_STREAM))
    except OSError:
        return False
