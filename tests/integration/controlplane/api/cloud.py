# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mail instance with its node's send service, for the command line."""

import hashlib
import pathlib
import ssl
import typing as tp

import psycopg

from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from tests.integration.send.managed import Node
from tests.integration.support import client

#: Nobody else is at this address of the loopback.
NODE = "127.44.0.25"
URL = f"https://{NODE}"


class Cloud:
    """The control plane's instance, and the node that serves it."""

    def __init__(
        self,
        api: client.Client,
        instance: client.Body,
        db: psycopg.Connection[dict[str, tp.Any]],
        keys: keyring.Keyring,
        node: Node,
        certificate: pathlib.Path,
    ) -> None:
        self.api = api
        self.instance = instance
        self.node = node
        #: In PEM.
        self.certificate = certificate
        self._db = db
        self._keys = keys

    @property
    def path(self) -> str:
        """Return the path of its tenants."""
        return f"/instances/{self.instance['uuid']}/tenants/"

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the node's certificate."""
        octets = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        return hashlib.sha256(octets).hexdigest()

    def get_address(self) -> None:
        """Give the instance its node's address, as the builders do."""
        query = "UPDATE mail_instances SET ipsv4 = %s WHERE uuid = %s"
        self._db.execute(query, ([NODE], self.instance["uuid"]))

    def deliver(self) -> None:
        """Bring the tenants to the node, as gateway and agent do."""
        instance = self.instance["uuid"]
        view = collection.View(self._db, instance, self._keys)
        tags = registry.digests(view)["tenants"]
        found = registry.texts(view, "tenants", tags)
        assert found.problem == ""
        for uuid, text in found.texts.items():
            answer = self.node.put(documents.parse(text)[uuid])
            assert answer.status_code == 204, answer.text
