# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The customer of the demo of domains: what is done, and what is then claimed.

A claim is a method that returns "", or what is wrong.
"""

import os
import pathlib
import secrets
import smtplib
import socket
import subprocess
import tempfile
import time
import typing as tp

from tests.stand import demo_client as client
from tests.stand import judges

HOST_DOMAIN, DOMAIN = "shop.example", "brand.example"
STRICT = os.environ["EXORDOS_STAND_MX2_DOMAIN"]
WAIT = 60.0  # seconds from POST until all records are there and right


class Story:
    """A customer with an instance and a new domain."""

    def __init__(self) -> None:
        self.api = client.Api(client.token())
        self.tag = secrets.token_hex(3)
        self.instance: dict[str, tp.Any] = {}
        self.domain: dict[str, tp.Any] = {}
        self.posted = 0.0
        self.password = secrets.token_urlsafe(12)
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="demo-domains."))
        self.ca = self.files / "ca.pem"

    # --- what the customer does --------------------------------------------------

    def clean(self) -> None:
        """Remove what an earlier demo left."""
        for one in self.api.call("GET", "/instances/"):
            if one["name"].startswith("demo-domains-"):
                self.api.call("DELETE", f"/instances/{one['uuid']}")

    def start(self) -> None:
        """Bring an instance up, with a host name in a domain of its own."""
        version = self.api.call("GET", "/versions/")[0]
        body = {
            "name": f"demo-domains-{self.tag}",
            "project_id": client.PROJECT,
            "domain": HOST_DOMAIN,
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": f"/v1/types/mail/versions/{version['uuid']}",
        }
        instance = self.api.call("POST", "/instances/", body)
        self.path = f"/instances/{instance['uuid']}"
        self.home = f"{self.path}/domains/{instance['uuid']}"
        self.publish(self.home, HOST_DOMAIN)
        self.instance = client.until(
            "the instance is ACTIVE",
            lambda: self._if("ACTIVE", self.api.call("GET", self.path)),
        )
        address = self.instance["ipv4"]
        _dns("set", address, "PTR", self.host)

    def certify(self, hostname: str) -> None:
        """Ask for a certificate of the authority, as soon as the name is there.

        The platform asks for no name that leads nowhere, and looks again in minutes.
        """
        client.until(f"{hostname} has an address", lambda: _leads(hostname))
        body = {
            "hostname": hostname,
            "source": "acme",
            "project_id": client.PROJECT,
        }
        self.api.call("POST", f"{self.path}/certificates/", body)

    @staticmethod
    def _if(status: str, found: dict[str, tp.Any]) -> dict[str, tp.Any] | None:
        return found if found["status"] == status else None

    @property
    def host(self) -> str:
        """The instance's host name."""
        return str(self.instance.get("hostname") or f"mail.{HOST_DOMAIN}")

    def add(self) -> None:
        """POST the new domain and publish its proof, the only record by hand."""
        self.posted = time.monotonic()
        body = {"name": DOMAIN, "project_id": client.PROJECT}
        self.domain = self.api.call("POST", f"{self.path}/domains/", body)
        self.publish(self.at, DOMAIN)

    def publish(self, path: str, name: str) -> None:
        """Ask for everything that there is for a domain, and prove it."""
        wanted = {
            "publish": "rfc2136",
            "receives": True,
            "mta_sts": "enforce",
            "dmarc_policy": "reject",
            "dmarc_rua": f"reports@{name}",
            "tls_rua": f"reports@{name}",
        }
        found = self.api.call("PUT", path, wanted)
        _dns("set", found["proof_name"], "TXT", found["proof_value"])
        self.api.call("POST", f"{path}/actions/check/invoke", {})

    @property
    def address(self) -> str:
        """The address of the account that it has in the new domain."""
        return f"ann-{self.tag}@{DOMAIN}"

    @property
    def at(self) -> str:
        """The new domain's path."""
        return f"{self.path}/domains/{self.domain['uuid']}"

    # --- claims ------------------------------------------------------------------

    def published(self) -> str:
        """All records are published in time."""
        found: dict[str, tp.Any] = {}
        while time.monotonic() - self.posted < WAIT:
            found = self.api.call("GET", self.at)
            if found["publish_state"] == "published":
                self.certify(f"mta-sts.{DOMAIN}")
                return ""
            time.sleep(0.2)
        return (
            f"ownership {found['ownership']}, publish_state {found['publish_state']}: "
            f"{found['publish_reason']}"
        )

    def all_ok(self) -> str:
        """Every record has the state ok: of the domain, and of the host's domain."""
        wrong = "no record is known"
        while wrong and time.monotonic() - self.posted < WAIT:
            time.sleep(0.2)
            wrong = "; ".join(map(self._wrong, (self.at, self.home))).strip("; ")
        return wrong

    def _wrong(self, path: str) -> str:
        found = self.api.call("GET", f"{path}/dns_records/")
        texts = [
            f"{one['name']} {one['type']}: {one['state']}"
            for one in found
            if one["state"] != "ok"
        ]
        return "; ".join(texts) if found else f"no record is known of {path}"

    def verified(self) -> str:
        """DANE holds at the domain's mail server."""
        text = judges.posttls(self.files, DOMAIN)
        return "" if "Verified TLS connection" in text else text

    def refused(self) -> str:
        """With a wrong TLSA record, DANE does not hold."""
        owner = f"_25._tcp.{self.host}"
        _dns("set", owner, "TLSA", "3 1 1 " + "00" * 32)
        try:
            text = judges.posttls(self.files, DOMAIN)
        finally:
            _dns("delete", owner, "TLSA", "3 1 1 " + "00" * 32)
        return "" if "no matching DANE TLSA" in text else text

    def mta_sts(self) -> str:
        """The policy is valid and enforced."""
        text = judges.mta_sts(self.files, DOMAIN)
        return "" if "VALID" in text and "enforce" in text else text[-300:]

    def trusted(self) -> str:
        """The authority has issued a certificate for each name that needs one."""
        wanted = {self.host, f"mta-sts.{DOMAIN}"}
        wrong = ""
        while time.monotonic() - self.posted < WAIT:
            found = self.api.call("GET", f"{self.path}/certificates/")
            valid = {one["hostname"] for one in found if one["state"] == "valid"}
            if wanted <= valid:
                own = [one["hostname"] for one in found if one["automatic"]]
                return "" if own == [self.host] else f"by itself: {own}"
            wrong = "; ".join(
                f"{one['hostname']}: {one['state']} {one['reason']}" for one in found
            )
            time.sleep(0.2)
        return wrong or "no certificate is known"

    @staticmethod
    def in_time(took: float) -> str:
        """All that was judged until now was there in time."""
        return "" if took <= WAIT else "it took too long"

    def is_strict(self) -> str:
        """The strict host is one, in the eyes of the same judges."""
        found = {
            "Verified TLS connection": judges.posttls(self.files, STRICT),
            "VALID": judges.mta_sts(self.files, STRICT),
            "p=reject": judges.run(
                self.files, "dig", "+short", f"_dmarc.{STRICT}", "TXT"
            ),
        }
        wrong = [
            f"no {word!r}: {text}" for word, text in found.items() if word not in text
        ]
        return "; ".join(wrong)[-400:]

    def by_dane(self) -> str:
        """Our node has delivered that mail to a host that it had verified by DANE."""
        uuid, recipient = self.instance["uuid"], f"bob-{self.tag}@{STRICT}"
        grep = ("grep", "-hF", f"=> {recipient} ", "/var/log/exim4/mainlog")
        command = [client.STANDCTL, "node", uuid, "--", *grep]

        def line() -> str:
            done = subprocess.run(command, capture_output=True, text=True)
            return done.stdout.strip()

        found = str(client.until("the delivery is in the node's log", line))
        return "" if " CV=dane " in found else found

    def taken(self) -> str:
        """A strict host takes mail of the domain, and finds all of it right."""
        body = {
            "username": self.address.partition("@")[0],
            "password": self.password,
            "domain": DOMAIN,
            "project_id": client.PROJECT,
            "instance": f"/v1/types/mail{self.path}",
        }
        self.api.call("POST", f"{self.path}/accounts/", body)
        sender, host = self.address, self.instance["ipv4"]
        login = (host, sender, self.password)
        client.until("the login works", lambda: client.submit(*login))
        recipient = f"bob-{self.tag}@{STRICT}"
        client.submit(*login, client.compose(sender, recipient))
        results = " ".join(client.received(os.environ["EXORDOS_STAND_MX2"], recipient))
        wanted = ("dkim=pass", "spf=pass", "dmarc=pass")
        missing = [one for one in wanted if one not in results]
        return f"no {' '.join(missing)} in {results}" if missing else ""

    def forged(self) -> str:
        """The strict host refuses what somebody else sends in the domain's name."""
        host = os.environ["EXORDOS_STAND_MX2"]
        recipient = f"bob@{STRICT}"
        message = client.compose(f"boss@{DOMAIN}", recipient)
        try:
            with smtplib.SMTP(host, 25, timeout=30) as smtp:
                smtp.send_message(message, f"boss@{DOMAIN}", [recipient])
        except smtplib.SMTPDataError as error:
            return "" if error.smtp_code >= 500 else str(error)
        return "it was taken"


def _dns(*argv: str) -> None:
    subprocess.run([client.STANDCTL, "dns", *argv], check=True)


def _leads(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM))
    except OSError:
        return False
