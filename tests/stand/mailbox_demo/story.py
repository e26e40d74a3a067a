# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The customer of the demo of mailboxes: an instance, accounts, aliases, friends."""

import functools
import os
import pathlib
import secrets
import smtplib
import subprocess
import tempfile
import typing as tp

from tests.stand import demo_client as client
from tests.stand import judges, remote_host
from tests.stand.mailbox_judges import authority, letters, library, place, readers

ROOT = pathlib.Path(os.environ.get("EXORDOS_MAILBOXES_ROOT", "/nonexistent"))
Json = tp.Any


class Story:
    """A customer whose instance keeps mailboxes in two domains.

    Attributes:
        domain, second: the primary domain, and one with a catch-all.
        hostname: of the node; its certificate is of the authority `ca.pem` of `files`.
        sender: at the remote host.
        place: where the judges run.
    """

    def __init__(self) -> None:
        self.api = client.Api(client.token())
        self.tag = secrets.token_hex(3)
        self.domain = f"mailbox-{self.tag}.example.org"
        self.second = f"second-{self.tag}.example.org"
        self.hostname = f"mail.{self.domain}"
        self.password = secrets.token_urlsafe(12)
        self.sender = remote_host.address(f"friend-{self.tag}")
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="demo-mailbox."))
        self.place = place.Place(
            self.files, functools.partial(judges.command, ROOT, self.files)
        )
        self.path, self.ip = "", ""
        self._accounts: dict[str, str] = {}

    # --- what the customer does ---------------------------------------------------

    def start(self) -> None:
        """Bring an instance up, and what an earlier demo left down."""
        for one in self.api.call("GET", "/instances/"):
            if one["name"].startswith("demo-mailbox-"):
                self.api.call("DELETE", f"/instances/{one['uuid']}")
        version = self.api.call("GET", "/versions/")[0]
        body = {
            "name": f"demo-mailbox-{self.tag}",
            "project_id": client.PROJECT,
            "domain": self.domain,
            "hostname": self.hostname,
            "mailboxes": True,
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": f"/v1/types/mail/versions/{version['uuid']}",
        }
        uuid = self.api.call("POST", "/instances/", body)["uuid"]
        self.path = f"/instances/{uuid}"
        self.receive(uuid)
        self.certify()
        client.until("the instance is ACTIVE", self._is_active)
        self.publish(self.domain)

    def _is_active(self) -> bool:
        found = self.api.call("GET", self.path)
        self.ip = found["ipv4"] or ""
        return bool(found["status"] == "ACTIVE")

    def receive(self, domain: str) -> None:
        """Have the instance receive the mail of a domain, by the domain's uuid."""
        self.api.call("PUT", f"{self.path}/domains/{domain}", {"receives": True})

    def add_domain(self) -> None:
        """Have the instance receive a second domain."""
        body = {"name": self.second, "receives": True, "project_id": client.PROJECT}
        self.api.call("POST", f"{self.path}/domains/", body)
        self.publish(self.second)

    def certify(self) -> None:
        """Give the host a certificate of an authority that the clients trust."""
        for name in ("ca", "other"):
            authority.make(self.files, name)
        authority.sign(self.files, "ca", "server", self.hostname)
        root = (self.files / "ca.pem").read_text()
        (self.files / "authority.pem").write_text(root)
        body = {
            "hostname": self.hostname,
            "source": "own",
            "chain": (self.files / "server.crt").read_text() + root,
            "private_key": (self.files / "server.key").read_text(),
            "project_id": client.PROJECT,
        }
        self.api.call("POST", f"{self.path}/certificates/", body)

    def publish(self, domain: str) -> None:
        """Publish what brings mail here, and mail programs."""
        for name, kind, value in (
            (self.hostname, "A", self.ip),
            (domain, "MX", f"10 {self.hostname}."),
            (domain, "TXT", f"v=spf1 ip4:{self.ip}/32 ~all"),
            (f"autoconfig.{domain}", "A", self.ip),
            (self.ip, "PTR", f"{self.hostname}."),
        ):
            argv = [client.STANDCTL, "dns", "set", name, kind, value]
            subprocess.run(argv, check=True)

    # --- accounts and aliases -----------------------------------------------------

    def account(self, name: str, **more: Json) -> str:
        """Make an account with a mailbox; return its address."""
        body = {
            "username": name,
            "password": self.password,
            "mailbox": True,
            "project_id": client.PROJECT,
            "instance": f"/v1/types/mail{self.path}",
            **more,
        }
        made = self.api.call("POST", f"{self.path}/accounts/", body)
        address = f"{name}@{made['domain']}"
        self._accounts[address] = f"{self.path}/accounts/{made['uuid']}"
        return address

    def change(self, address: str, **changes: Json) -> None:
        """Change an account."""
        self.api.call("PUT", self._accounts[address], changes)

    def alias(self, local_part: str, *targets: str, **more: Json) -> None:
        """Make an alias."""
        body = {"local_part": local_part, "targets": list(targets), **more}
        body["project_id"] = client.PROJECT
        self.api.call("POST", f"{self.path}/aliases/", body)

    def knows(self, *addresses: str) -> None:
        """Wait until the node takes mail for addresses."""
        for one in addresses:
            client.until(f"{one} is known", lambda one=one: self.code(one) == 250)  # type: ignore[misc]

    def code(self, address: str) -> int:
        """Return what port 25 answers to a recipient; nothing is sent."""
        with smtplib.SMTP(self.ip, 25, timeout=30) as smtp:
            smtp.ehlo()
            smtp.mail(self.sender)
            return smtp.rcpt(address)[0]

    # --- mail ---------------------------------------------------------------------

    def box(self, address: str, **changed: tp.Any) -> place.Box:
        """Return an account's mailbox, told with what is changed of it."""
        told = {"password": self.password, **changed}
        return place.Box(self.hostname, address, **told)

    def write(
        self, to: str, word: str = "letter", subject: str = "a letter", octets: int = 0
    ) -> str:
        """Have the remote host send a message; return its Message-ID."""
        new = letters.new_id(word)
        text = letters.compose(new, to, subject, octets)
        remote_host.send(self.sender, [remote_host.Letter(to, text)])
        return new

    def inbox(self, address: str, folder: str = "INBOX") -> tuple[str, ...]:
        """Return the Message-IDs in a folder, as Python's imaplib sees them.

        A folder that is not there yet is empty.
        """
        job = self.place.job(readers.slug(f"witness {address}"))
        reading = library.IMAPLIB.read(job, self.box(address), folder)
        if reading.refusal not in ("", place.FOLDER):
            raise RuntimeError(f"{address}: {reading.refusal}: {reading.said[-200:]}")
        return reading.ids

    def arrives(self, address: str, *ids: str, folder: str = "INBOX") -> str:
        """Wait until exactly these messages are in a folder; say what is not so."""
        wanted, found = tuple(sorted(ids)), tuple[str, ...]()

        def has_come() -> bool:
            nonlocal found
            found = self.inbox(address, folder)
            return len(found) >= len(wanted)

        client.until(f"{len(wanted)} messages of {address}", has_come, pause=0.3)
        return "" if found == wanted else f"{address} has {found} instead of {wanted}"
