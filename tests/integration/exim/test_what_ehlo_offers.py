# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Extensions that only add risk are neither offered nor usable."""

import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures


@pytest.mark.parametrize("port", [25, 465, 587])
def test_extensions(mail, port):
    smtp = fixtures.client(port) if port != 25 else probe.connect(25)
    smtp.ehlo("client.test")
    offered = set(smtp.esmtp_features) - {"auth", "starttls", "help", "dsn"}
    assert offered == {"size", "8bitmime", "pipelining"}
    assert smtp.esmtp_features["size"] == str(50 * 1024 * 1024)


@pytest.mark.parametrize("command", ["VRFY alice", "EXPN alice", "ETRN example.com"])
def test_questions_about_users_get_nothing(mail, command):
    smtp = probe.connect(25)
    smtp.ehlo("client.test")
    code, text = smtp.docmd(command)
    assert code in (252, 458, 500, 501, 502, 503, 550)
    assert b"@" not in text


def test_bdat_is_refused(mail):
    smtp = fixtures.alice()
    smtp.mail("alice@example.com")
    smtp.rcpt("bob@elsewhere.test")
    assert smtp.docmd("BDAT 0 LAST")[0] == 503


def test_too_large_a_message_is_refused_at_mail(mail):
    smtp = fixtures.alice()
    assert smtp.mail("alice@example.com", ["size=99999999"])[0] == 552


def test_line_over_the_limit_is_refused(mail):
    code, _ = fixtures.submit("From: alice@example.com\r\n\r\n" + "x" * 999 + "\r\n")
    assert code == 550


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(mail, version):
    context = probe.tls_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    smtp = probe.connect(587)
    smtp.ehlo("client.test")
    with pytest.raises(ssl.SSLError):
        smtp.starttls(context=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_tls_is_spoken(mail, version):
    context = probe.tls_context()
    context.minimum_version = context.maximum_version = version
    smtp = probe.connect(587)
    smtp.ehlo("client.test")
    assert smtp.starttls(context=context)[0] == 220


def _certificate(context: ssl.SSLContext) -> x509.Certificate:
    smtp = probe.connect(587)
    smtp.ehlo("client.test")
    smtp.starttls(context=context)
    assert isinstance(smtp.sock, ssl.SSLSocket)
    return x509.load_der_x509_certificate(smtp.sock.getpeercert(True) or b"")


@pytest.mark.parametrize(
    ("ciphers", "kind"),
    [
        ("ECDHE-ECDSA-AES256-GCM-SHA384", ec.EllipticCurvePublicKey),
        # Of devices and old systems (RFC 5246 section A.5).
        ("ECDHE-RSA-AES128-GCM-SHA256", rsa.RSAPublicKey),
        ("ECDHE-RSA-AES128-SHA", rsa.RSAPublicKey),
        ("AES128-GCM-SHA256", rsa.RSAPublicKey),
        ("AES256-SHA", rsa.RSAPublicKey),
        ("AES128-SHA", rsa.RSAPublicKey),
    ],
)
def test_tls_1_2_finds_a_certificate_for_its_suites(mail, ciphers, kind):
    context = probe.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    certificate = _certificate(context)
    assert isinstance(certificate.public_key(), kind)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["example.com"]


def test_modern_clients_get_the_certificate_that_costs_less(mail):
    key = _certificate(probe.tls_context()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)


def test_banner_tells_strangers_neither_software_nor_revision(mail, internet):
    banner = internet.run(
        "import socket\n"
        "print(socket.create_connection(('192.0.2.1', 25)).recv(200).decode())\n"
    )
    assert banner.strip() == "220 example.com ESMTP"
