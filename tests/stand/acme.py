# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The fake internet's certification authority: pebble, which is nasty on purpose."""

import json
import pathlib
import socket

from tests.stand import network, processes, progress, settings

NAME, PORT, MANAGEMENT = "acme.test", 14000, 15000
DIRECTORY = f"https://{NAME}:{PORT}/dir"
#: Where the platform finds the certificate of the authority's own HTTPS.
CA_FILE = "/etc/exordos_mail_acme.pem"
_SCRIPT = settings.FILES / "internet" / "pebble.sh"


def files(stand: settings.Settings) -> pathlib.Path:
    """Return the authority's directory, with its own certificate."""
    home = stand.state / "internet" / "acme"
    if not home.exists():
        home.mkdir(parents=True)
        progress.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "30"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={NAME}"),
            *("-addext", f"subjectAltName=DNS:{NAME},IP:{settings.ACME_IP}"),
            *("-keyout", home / "key", "-out", home / "crt"),
        )
        config = {
            "listenAddress": f"{settings.ACME_IP}:{PORT}",
            "managementListenAddress": f"{settings.ACME_IP}:{MANAGEMENT}",
            "certificate": "/mnt/crt",
            "privateKey": "/mnt/key",
            "httpPort": 80,
            "tlsPort": 443,
            # As real ones do; judges find its own five years too long.
            "certificateValidityPeriod": 90 * 24 * 3600,
        }
        settings.write(home / "pebble.json", json.dumps({"pebble": config}))
    return home


def start(stand: settings.Settings, root: pathlib.Path) -> None:
    """Start it beside the name servers."""
    command = ("unshare", "--mount", "--propagation", "private", "bash", str(_SCRIPT))
    words = (str(root), str(files(stand)), settings.RESOLVER_IP)
    inside = network.inside(stand.host_netns("dns"), *command, *words)
    processes.start(stand, "internet-acme", inside)


def options() -> str:
    """Return the platform's options that make it the authority.

    Names that get certificates are looked at in the DNS, and MTA-STS is enforced at
    once where a domain asks for that.
    """
    values = {
        "acme_directory": DIRECTORY,
        "acme_ca_file": CA_FILE,
        "dns_checks": "true",
        "mta_sts_testing_days": "0",
        # One account sends ten thousand messages in a long run of tests/rotation.
        "recipients_per_hour": "100000",
    }
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def listens() -> bool:
    """Say whether it answers; to be asked from inside of the stand."""
    with socket.create_connection((settings.ACME_IP, PORT), 2):
        return True
