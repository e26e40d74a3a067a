# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificates that the API tells of are those that the node shows."""

import hashlib
import smtplib
import ssl

from tests.functional import api as api_module
from tests.functional import resources


def test_the_certificate_of_the_api_is_the_one_to_trust(
    api: api_module.Api, instance: resources.Instance
) -> None:
    shown = api.get(instance.path)
    host = shown["ipsv4"][0]
    told = {one["sha256"]: one["pem"] for one in shown["certificates"]}
    met = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, 465)))
    assert hashlib.sha256(met).hexdigest() in told
    # As a client does that has the file and nothing else.
    trusting = ssl.create_default_context(cadata="".join(told.values()))
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with smtplib.SMTP(host, 587, timeout=60) as smtp:
        smtp._host = shown["hostname"]  # the name that the certificate is for
        assert smtp.starttls(context=trusting)[0] == 220
