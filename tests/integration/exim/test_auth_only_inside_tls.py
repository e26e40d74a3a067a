# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""RFC 8314: a password is asked for inside TLS only, and never on port 25."""

import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures

# "\0alice@example.com\0correct horse battery"
_CREDENTIALS = "AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="


@pytest.mark.parametrize("port", [25, 587])
def test_not_offered_and_refused_before_tls(mail, port):
    smtp = probe.connect(port)
    smtp.ehlo("client.test")
    assert not smtp.has_extn("auth")
    assert smtp.docmd("AUTH PLAIN", _CREDENTIALS)[0] == 503


def test_not_offered_and_refused_on_port_25_inside_tls(mail):
    smtp = probe.connect(25)
    smtp.ehlo("client.test")
    smtp.starttls(context=probe.tls_context())
    smtp.ehlo("client.test")
    assert not smtp.has_extn("auth")
    assert smtp.docmd("AUTH PLAIN", _CREDENTIALS)[0] == 503


@pytest.mark.parametrize("port", [465, 587])
def test_offered_inside_tls(mail, port):
    assert fixtures.client(port).esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]


@pytest.mark.parametrize("port", [465, 587])
def test_submission_needs_a_login(mail, port):
    smtp = fixtures.client(port)
    assert smtp.mail("alice@example.com")[0] == 530
