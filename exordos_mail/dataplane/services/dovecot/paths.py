# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where everything of the node's Dovecot is; its unit has the same paths."""

import dataclasses

from exordos_mail import constants as c

USER = c.MAILBOX_USER
BINARY = "/usr/sbin/dovecot"
CHECKER = "/usr/bin/doveconf"
DOVEADM = "/usr/bin/doveadm"
#: Of the processes that serve a session that has logged in.
SERVERS = tuple(f"/usr/lib/dovecot/{one}" for one in ("imap", "pop3", "managesieve"))
LOOPBACK = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class DovecotPaths:
    """Absolute paths and ports, as Dovecot's configuration has them.

    `failure_delay` is how long a wrong password waits for its answer.
    """

    directory: str = c.DOVECOT_DIR
    run_dir: str = c.DOVECOT_RUN_DIR
    store_dir: str = c.MAIL_STORE_DIR
    scripts_dir: str = c.SIEVE_SCRIPTS_DIR
    rehearsal_dir: str = "/run/exordos-mail-dovecot-rehearsal"
    listen: str = "*, ::"
    imap_port: int = c.IMAP_PORT
    imaps_port: int = c.IMAPS_PORT
    pop3_port: int = c.POP3_PORT
    pop3s_port: int = c.POP3S_PORT
    sieve_port: int = c.MANAGESIEVE_PORT
    failure_delay: str = "2 secs"

    @property
    def conf(self) -> str:
        """The configuration; systemd starts Dovecot if it is there."""
        return self.directory + "/dovecot.conf"

    @property
    def accounts_dir(self) -> str:
        """The accounts as Dovecot looks them up, a file for each bucket."""
        return self.directory + "/accounts"

    def accounts(self, bucket: str) -> str:
        """Return the lookup file of a bucket."""
        return f"{self.accounts_dir}/{bucket}.cdb"

    def script(self, digest: str) -> str:
        """Return where the program is that looks accounts up."""
        return f"{self.directory}/accounts-{digest[:16]}.lua"

    @property
    def tls_dir(self) -> str:
        """Copies of certificates and their keys that Dovecot can read."""
        return self.directory + "/tls"

    @property
    def before_dir(self) -> str:
        """Sieve scripts that run before those of the users; there are none yet."""
        return self.directory + "/before"

    @property
    def programs_dir(self) -> str:
        """The programs that scripts of the node may start."""
        return self.directory + "/programs"

    def once(self, digest: str) -> str:
        """Return where the script is that keeps a message once."""
        return f"{self.directory}/once-{digest[:16]}.sieve"

    def is_there(self, digest: str) -> str:
        """Return where the program is that this script starts."""
        return f"{self.programs_dir}/is_there-{digest[:16]}"

    @property
    def lmtp_socket(self) -> str:
        """Where exim hands mail over (RFC 2033)."""
        return self.run_dir + "/lmtp"

    @property
    def quota_socket(self) -> str:
        """Where exim asks whether a mailbox has room (Postfix' policy protocol)."""
        return self.run_dir + "/quota"

    @property
    def notes(self) -> str:
        """Where the program that looks accounts up notes who logs in."""
        return self.run_dir + "/notes"

    @property
    def pid_file(self) -> str:
        """Where Dovecot writes the pid of its master process."""
        return self.run_dir + "/master.pid"

    @property
    def ports(self) -> dict[int, bool]:
        """The ports of users, and whether TLS comes before the greeting."""
        return {
            self.imap_port: False,
            self.imaps_port: True,
            self.pop3_port: False,
            self.pop3s_port: True,
            self.sieve_port: False,
        }

    def without_ipv6(self) -> "DovecotPaths":
        """Return the same for a machine whose kernel has no IPv6."""
        return dataclasses.replace(self, listen="*")

    def rehearsal(self, ports: list[int]) -> "DovecotPaths":
        """Return the paths of a rehearsal, on five ports of the loopback."""
        base = self.rehearsal_dir
        return dataclasses.replace(
            self,
            directory=base + "/etc",
            run_dir=base + "/run",
            store_dir=base + "/mail",
            listen=LOOPBACK,
            imap_port=ports[0],
            imaps_port=ports[1],
            pop3_port=ports[2],
            pop3s_port=ports[3],
            sieve_port=ports[4],
            failure_delay="0",
        )
