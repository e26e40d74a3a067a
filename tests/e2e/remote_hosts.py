# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The fake internet's mail hosts, and what a domain's owner tells them by DNS."""

import collections
import json
import os
import typing as tp

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources

NAMES = ("MX1", "MX2")
WAIT = 90  # seconds until a remote host has a message

Headers = dict[str, list[str]]


def publish(
    harness: harness_module.Harness,
    instance: resources.Instance,
    shown: api_module.Json,
) -> None:
    """Publish the records that the README asks for, as a domain's owner would.

    Args:
        harness: the stand.
        instance: whose domain it is.
        shown: the instance as the API shows it.
    """
    domain, host = instance.domain, instance.host
    records = [
        (domain, "A", host),
        (domain, "MX", f"10 {domain}."),
        (domain, "TXT", f"v=spf1 ip4:{host}/32 a mx ~all"),
        (f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none; pct=100; adkim=s; aspf=s"),
        (host, "PTR", f"{domain}."),
        *((key["name"], key["type"], key["value"]) for key in shown["dkim_keys"]),
    ]
    for record in records:
        harness.ctl("dns", "set", *record)


def domain(remote: str) -> str:
    """Return the mail domain of a remote host."""
    return os.environ[f"EXORDOS_STAND_{remote}_DOMAIN"]


def received(
    harness: harness_module.Harness, remote: str, recipient: str
) -> tuple[Headers, tp.Any]:
    """Return the headers and the record of a message at a remote host."""
    host = os.environ[f"EXORDOS_STAND_{remote}"]
    shown = harness.ctl("mail", host, "--to", recipient, "--wait", str(WAIT))
    record = json.loads(shown.stdout.splitlines()[-1])
    headers: Headers = collections.defaultdict(list)
    for name, value in record["headers"]:
        headers[name.lower()].append(value)
    return headers, record
