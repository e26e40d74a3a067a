# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Cyrus, on the far side of the cable: the server that mailboxes are moved from.

A root file system of its own (tests/stand/mailbox_judges/cyrus_root.py), Debian's
names of folders: below INBOX, parts divided by dots.
"""

import contextlib
import datetime
import imaplib
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.exim import fixtures, waiting

ROOT = pathlib.Path("/opt/cyrus")
#: As the name server of the far side has it, and a name that is not in its certificate.
HOST, OTHER_NAME, ADDRESS = "mx.elsewhere.test", "192.0.2.25", "192.0.2.25"
USER, PASSWORD = "joe", "the old password"
_ADMIN = "cyrus"
_IMAPD = """
configdirectory: /var/lib/cyrus
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
defaultpartition: default
partition-default: /var/spool/cyrus/mail
altnamespace: no
unixhierarchysep: no
admins: cyrus
allowplaintext: no
sasl_pwcheck_method: auxprop
sasl_mech_list: PLAIN
tls_server_cert: /etc/cyrus.pem
tls_server_key: /etc/cyrus.key
hashimapspool: true
umask: 077
"""
_CYRUS = """
START { recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r" }
SERVICES {
  imap cmd="imapd" listen="192.0.2.25:143" prefork=0
  imaps cmd="imapd -s" listen="192.0.2.25:993" prefork=0
}
"""


class Cyrus:
    """The running server.

    Attributes:
        ca: what its certificate is signed with, PEM.
    """

    def __init__(self) -> None:
        self.ca = _certify(ROOT / "etc/cyrus.pem", ROOT / "etc/cyrus.key")
        (ROOT / "etc/imapd.conf").write_text(_IMAPD)
        (ROOT / "etc/cyrus.conf").write_text(_CYRUS)
        for directory in ("proc", "lock", "socket"):
            (ROOT / "run/cyrus" / directory).mkdir(parents=True, exist_ok=True)
        for user, password in ((_ADMIN, PASSWORD), (USER, PASSWORD)):
            self._run("saslpasswd2", "-c", "-p", "-u", "vm", user, given=password)
        self._run("chown", "-R", "cyrus:mail", "/etc/sasldb2", "/run/cyrus")
        self._run("chown", "cyrus:mail", "/etc/cyrus.key")
        self._process = subprocess.Popen(
            [*self._inside(), "/usr/lib/cyrus/bin/master"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        waiting.until(self._answers, "Cyrus answers")
        with self.client(_ADMIN) as client:
            assert client.create(f"user.{USER}")[0] == "OK"

    @staticmethod
    def _inside() -> list[str]:
        # Its host's name is the realm of its users.
        return [*fixtures.far_side_command(), "chroot", str(ROOT)]

    def _run(self, *command: str, given: str = "") -> None:
        subprocess.run(
            [*self._inside(), *command], input=given.encode(), check=True, timeout=60
        )

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, imaplib.IMAP4.error), self.client(_ADMIN):
            return True
        return False

    @contextlib.contextmanager
    def client(self, user: str = USER) -> tp.Iterator[imaplib.IMAP4_SSL]:
        """Open IMAP, logged in."""
        context = ssl.create_default_context(cadata=self.ca)
        found = imaplib.IMAP4_SSL(HOST, 993, ssl_context=context, timeout=30)
        try:
            found.login(user, PASSWORD)
            yield found
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                found.logout()

    def sessions(self) -> list[int]:
        """Return the processes of its sessions."""
        return [
            int(entry.name)
            for entry in pathlib.Path("/proc").iterdir()
            if entry.name.isdigit() and _program(entry) == "imapd"
        ]

    def cut(self) -> None:
        """End all sessions in the middle of whatever they do."""
        for pid in self.sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Stop it, without the user's mail."""
        with self.client(_ADMIN) as client:
            client.setacl(f"user.{USER}", _ADMIN, "lrswipkxtea")
            assert client.delete(f"user.{USER}")[0] == "OK"
        self._process.terminate()
        self._process.wait(20)
        self.cut()
        shutil.rmtree(ROOT / "run/cyrus", ignore_errors=True)


def _program(entry: pathlib.Path) -> str:
    with contextlib.suppress(OSError):
        return (entry / "exe").readlink().name
    return ""


def _certify(certificate: pathlib.Path, key: pathlib.Path) -> str:
    """Write a certificate and its key; return that of its authority."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)])
        for one in ("authority", HOST)
    ]

    def signed(
        whose: ec.EllipticCurvePrivateKey, name: x509.Name, is_ca: bool
    ) -> bytes:
        made = x509.CertificateBuilder(names[0], name, whose.public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - day).not_valid_after(now + day)
        made = made.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        alternative = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        made = made.add_extension(alternative, critical=False)
        return made.sign(authority, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM
        )

    certificate.write_bytes(signed(own, names[1], is_ca=False))
    key.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key.chmod(0o600)
    return signed(authority, names[0], is_ca=True).decode()
