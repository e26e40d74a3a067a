# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail hosts of others in the signed internet: one exim, a certificate for each."""

import contextlib
import hashlib
import os
import subprocess
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests import lab
from tests.integration.exim import outside
from tests.lab import authority
from tests.stand import progress

_CONF = """primary_hostname = remote.test
spool_directory = @HOME@/spool
log_file_path = @HOME@/%slog
pid_file_path = @HOME@/pid
local_interfaces = <; @ADDRESSES@
daemon_smtp_ports = 25
exim_user = root
exim_group = root
never_users =
keep_environment =
host_lookup =
log_selector = +incoming_interface +tls_cipher +received_recipients +tls_sni
# Who has no certificate does not offer TLS.
CERTIFICATE = @HOME@/tls/$received_ip_address.pem
tls_advertise_hosts = ${if exists{CERTIFICATE}{*}{}}
tls_certificate = CERTIFICATE
acl_smtp_rcpt = accept_all
acl_smtp_data = accept_all
begin acl
accept_all:
  accept
begin routers
nowhere:
  driver = redirect
  data = :blackhole:
"""


class Remote:
    """The hosts by their addresses; what arrives is in the log."""

    def __init__(self, net: lab.Internet, addresses: tp.Sequence[str]) -> None:
        name = f"remote-{addresses[0]}"
        self._home = home = net.home / name
        for directory in (home, home / "tls", home / "spool"):
            directory.mkdir(mode=0o755)
        text = _CONF.replace("@ADDRESSES@", " ; ".join(addresses))
        text = text.replace("@HOME@", f"/mnt/{name}")
        (home / "exim.conf").write_text(text)
        root = os.environ[outside.ROOTFS_VARIABLE]
        mount = f'mount --bind "{net.home}" "{root}/mnt" && exec chroot "{root}" "$@"'
        self._command = [
            *("nsenter", "-t", str(net.namespace.pid), "-n"),
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", mount, "sh"),
            *("/usr/sbin/exim4", "-C", f"/mnt/{name}/exim.conf", "-bdf", "-q1h"),
        ]

    @contextlib.contextmanager
    def running(self) -> tp.Iterator["Remote"]:
        """Run it."""
        with subprocess.Popen(self._command, start_new_session=True) as process:
            try:
                log = self._home / "mainlog"
                progress.until(
                    lambda: log.exists() and "listening" in log.read_text(),
                    10,
                    "the remote host listens",
                    pause=0.02,
                )
                yield self
            finally:
                process.kill()

    def show(self, address: str, pair: authority.Pair) -> None:
        """Have a host show a certificate."""
        (self._home / "tls" / f"{address}.pem").write_text(pair.key + pair.chain)

    def arrived(self, recipient: str) -> str:
        """Return the line about a recipient's message; "" if there is none."""
        lines = (self._home / "mainlog").read_text().splitlines()
        return next((one for one in lines if f" for {recipient}" in one), "")


def tlsa(pair: authority.Pair) -> str:
    """Return the TLSA record 3 1 1 of a certificate (RFC 6698)."""
    leaf = x509.load_pem_x509_certificate(pair.chain.encode())
    public = leaf.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"3 1 1 {hashlib.sha256(public).hexdigest()}"
