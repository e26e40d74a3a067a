# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""HTTPS: nothing else on the port, and renewed certificates without a restart."""

import pathlib
import socket
import ssl
import typing as tp

from cryptography import x509
import httpx
import pytest

from tests.integration.send import certificates
from tests.integration.send.managed import Node
from tests.integration.send.service import Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


class Files:
    """What a service is told to show."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self.certificate = directory / "cert.pem"
        self.key = directory / "key.pem"
        self.authority = directory / "authority.pem"

    @property
    def options(self) -> tuple[str, ...]:
        return f"--tls-certificate={self.certificate}", f"--tls-key={self.key}"

    def write(self, certificate: bool = True, key: bool = True) -> bytes:
        """Renew files, each of them at once; return the certificate's PEM."""
        text = certificates.make(self._directory).path.read_bytes()
        begin = text.index(b"-----BEGIN CERTIFICATE")
        for wanted, path, part in (
            (certificate, self.certificate, text[begin:]),
            (key, self.key, text[:begin]),
        ):
            if wanted:
                draft = path.with_suffix(".new")
                draft.touch(0o600)
                draft.write_bytes(part)
                draft.rename(path)
        return text[begin:]


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    made = Files(tmp_path)
    made.authority.write_bytes(made.write())
    return made


@pytest.fixture
def secure(tmp_path: pathlib.Path, files: Files) -> tp.Iterator[Service]:
    service = Service(
        tmp_path / "data", None, *files.options, authority=files.authority
    )
    yield service.start()
    service.close()


def shown(port: int, name: str | None = None) -> x509.Certificate:
    """Return the certificate that a service shows to a new connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), 10)
    with context.wrap_socket(raw, server_hostname=name) as connection:
        found = connection.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(found or b"")


def test_calls_are_answered_over_tls_only(secure: Service, files: Files) -> None:
    assert f"listening on https://127.0.0.1:{secure.port}/v1/" in secure.log
    secure.client().get("/v1/tenants")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{secure.port}/v1/tenants")
    # Who trusts nobody is not served in clear instead.
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{secure.port}/v1/tenants")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(secure: Service, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(("127.0.0.1", secure.port), 10)
    with raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw)


def test_renewed_certificate_is_shown_without_a_restart(
    secure: Service, files: Files
) -> None:
    client = secure.client()
    client.get("/v1/tenants")
    renewed = x509.load_pem_x509_certificate(files.write())
    for name in (None, "mail.example.com"):
        waiting.until(lambda name=name: shown(secure.port, name) == renewed, "renewal")
    # A connection that was there before goes on.
    client.get("/v1/tenants")


def test_pair_that_does_not_fit_is_not_taken(
    tmp_path: pathlib.Path, files: Files, node_server: Sink
) -> None:
    def make(*options: str) -> Service:
        return Service(tmp_path / "data", None, *options, authority=files.authority)

    node = Node(make, node_server.port, *files.options)
    try:
        node.service.start()
        former = shown(node.service.port)
        for write in (
            lambda: files.write(key=False),
            lambda: files.certificate.write_text("no certificate"),
            lambda: files.certificate.unlink(),
        ):
            write()
            waiting.until(lambda: node.state()["problem"], "the problem")
            assert "certificate" in node.state()["problem"]
            assert shown(node.service.port) == former
            renewed = x509.load_pem_x509_certificate(files.write())
            waiting.until(
                lambda wanted=renewed: shown(node.service.port) == wanted, "renewal"
            )
            assert node.state()["problem"] is None
            former = renewed
        assert "PRIVATE" not in node.service.log
    finally:
        node.close()


def test_service_does_not_start_with_a_pair_that_does_not_fit(
    tmp_path: pathlib.Path, files: Files
) -> None:
    files.write(key=False)
    service = Service(tmp_path / "data", None, *files.options)
    with pytest.raises(RuntimeError, match="KEY_VALUES_MISMATCH"):
        service.start()
