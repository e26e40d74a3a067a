# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Dovecot, as a provider runs it: IMAP and POP3 in TLS, from a node's root file system.

Whoever logs in with PASSWORD has a mailbox, on ports of 127.0.0.1.
"""

import collections
import contextlib
import imaplib
import os
import pathlib
import shutil
import ssl
import subprocess
import typing as tp

from tests.integration.send import certificates
from tests.integration.support import waiting
from tests.integration.support.exim_reader import ROOTFS_VARIABLE

PASSWORD = "the-bounces-password"
_CONF = """
protocols = imap pop3
base_dir = /mnt/run
state_dir = /mnt/state
log_path = /mnt/log
instance_name = bounces
ssl = required
ssl_cert = </mnt/pair.pem
ssl_key = </mnt/pair.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
auth_mechanisms = plain
first_valid_uid = 1
mail_location = maildir:/mnt/mail/%u
maildir_stat_dirs = no
mailbox_list_index = no
passdb {
  driver = static
  args = password=@PASSWORD@
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=/mnt/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = @IMAP@
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = @IMAPS@
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    address = 127.0.0.1
    port = @POP3@
  }
  inet_listener pop3s {
    address = 127.0.0.1
    port = @POP3S@
    ssl = yes
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
protocol imap {
  mail_max_userip_connections = 100
}
"""
_RUN = """
mount --bind "$1" "$2/mnt"
mount --rbind /dev "$2/dev"
exec chroot "$2" /usr/sbin/dovecot -F -c /mnt/dovecot.conf
"""


class Dovecot:
    """The server, while it runs."""

    def __init__(self, home: pathlib.Path, pair: certificates.Pair) -> None:
        self._home = home
        self._root = os.environ[ROOTFS_VARIABLE]
        self.ports = {
            (protocol, tls): waiting.free_port()
            for protocol in ("imap", "pop3")
            for tls in ("implicit", "starttls")
        }
        self.ca = pair.certificate
        self._clients: collections.Counter[str] = collections.Counter()
        home.chmod(0o755)
        shutil.copy(pair.path, home / "pair.pem")
        for name in ("run", "state", "mail"):
            (home / name).mkdir(mode=0o755)
        shutil.chown(home / "mail", *self._owner())
        text = _CONF.replace("@PASSWORD@", PASSWORD)
        for word, key in (
            ("@IMAP@", ("imap", "starttls")),
            ("@IMAPS@", ("imap", "implicit")),
            ("@POP3@", ("pop3", "starttls")),
            ("@POP3S@", ("pop3", "implicit")),
        ):
            text = text.replace(word, str(self.ports[key]))
        (home / "dovecot.conf").write_text(text)

    @contextlib.contextmanager
    def running(self) -> tp.Iterator["Dovecot"]:
        """Run it."""
        command = [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("--propagation", "private", "sh", "-eu", "-c", _RUN, "dovecot"),
        ]
        command += [str(self._home), self._root]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                for port in self.ports.values():
                    waiting.until(
                        lambda port=port: waiting.listens(port), "Dovecot to listen"
                    )
                yield self
            finally:
                process.kill()

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._home / "log").read_text()

    def sessions(self, user: str) -> tuple[int, int]:
        """Return how often others have logged in by IMAP, and how many are there."""
        log = self.log
        logins = log.count(f"imap-login: Info: Login: user=<{user}>")
        ends = log.count(f"imap({user})<")
        return logins - self._clients[user], logins - ends

    @contextlib.contextmanager
    def client(self, user: str, folder: str = "INBOX") -> tp.Iterator[imaplib.IMAP4]:
        """Open a folder by a client that we did not write."""
        context = ssl.create_default_context(cadata=self.ca)
        found = imaplib.IMAP4_SSL(
            "127.0.0.1",
            self.ports["imap", "implicit"],
            ssl_context=context,
            timeout=30,
        )
        try:
            self._clients[user] += 1
            found.login(user, PASSWORD)
            found.select(f'"{folder}"')
            yield found
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                found.logout()

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        with self.client(user) as client:
            for mail in mails:
                assert client.append(f'"{folder}"', "", "", mail)[0] == "OK"

    def make(self, user: str, folder: str) -> None:
        """Make a folder."""
        with self.client(user) as client:
            assert client.create(f'"{folder}"')[0] == "OK"

    def count(self, user: str, folder: str = "INBOX") -> int:
        """Return how many mails a folder has."""
        with self.client(user) as client:
            return int(client.select(f'"{folder}"', readonly=True)[1][0] or b"0")

    def directory(self, user: str) -> pathlib.Path:
        """Return the Maildir of a user."""
        return self._home / "mail" / user

    def fill(self, user: str, mails: tp.Iterable[bytes]) -> None:
        """Put many mails into the inbox at once."""
        current = self.directory(user) / "cur"
        for at, mail in enumerate(mails):
            path = current / f"{1_700_000_000 + at}.{at}.host,S={len(mail)}:2,"
            path.write_bytes(mail)
            os.chown(path, *self._owner())

    def _owner(self) -> tuple[int, int]:
        for line in pathlib.Path(self._root, "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == "vmail":
                return int(uid), int(gid)
        raise LookupError("the root file system has no user vmail")
