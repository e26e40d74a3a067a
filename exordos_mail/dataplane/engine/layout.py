# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where everything of a mail node lives: paths, ports and owners."""

import dataclasses
import functools
import grp
import pathlib
import pwd
import typing as tp

from exordos_mail import constants as c

ROOT = "root"


# Every pass asks for the same paths.
@functools.lru_cache(maxsize=16384)
def _on_disk(root: pathlib.Path, path: str) -> pathlib.Path:
    return root / path.lstrip("/")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Paths as exim sees them, and where they are on this disk.

    Every `str` path is absolute and written as it stands into configuration
    text; `disk()` puts `root` before it for reading and writing. The
    rehearsal of a configuration is the same layout with private directories
    and ports (see `rehearsal.py`).
    """

    root: pathlib.Path = pathlib.Path("/")
    exim_dir: str = c.EXIM4_DIR
    lookups_dir: str = c.EXIM4_DIR + "/lookups"
    dkim_dir: str = c.EXIM4_DKIM_DIR
    tls_dir: str = c.EXIM4_DIR + "/tls"
    spool_dir: str = "/var/spool/exim4"
    log_dir: str = "/var/log/exim4"
    run_dir: str = "/run/exim4"
    rehearsal_dir: str = "/run/exordos_mail"
    state_dir: str = c.NODE_STATE_DIR
    mail_env: str = c.MAIL_ENV_FILE
    exim_binary: str = "/usr/sbin/exim4"
    exim_user: str = c.EXIM4_USER
    exim_group: str = c.EXIM4_USER
    local_interfaces: tuple[str, ...] = ("::0", "0.0.0.0")  # noqa: S104 a mail host
    smtp_port: int = c.SMTP_PORT
    submissions_port: int = c.SUBMISSIONS_PORT
    submission_port: int = c.SUBMISSION_PORT
    send_port: int = c.SEND_SMTP_PORT
    sieve_port: int = c.SIEVE_SMTP_PORT
    send_dir: str = c.SEND_DIR
    send_data_dir: str = c.SEND_DATA_DIR
    send_socket: str = c.SEND_SOCKET
    send_http_socket: str = c.SEND_HTTP_SOCKET
    send_group: str = c.SEND_USER
    resolv_conf: str = c.RESOLV_CONF
    mta_sts_socket: str = c.MTA_STS_SOCKET
    lmtp_socket: str = c.LMTP_SOCKET
    quota_socket: str = c.QUOTA_SOCKET
    # name -> numeric id, for trees that nobody of that name owns (tests)
    users: tp.Mapping[str, int] = dataclasses.field(default_factory=dict)
    groups: tp.Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def exim_conf(self) -> str:
        """The one file that exim reads its configuration from."""
        return self.exim_dir + "/exim4.conf"

    @property
    def outcomes_dir(self) -> str:
        """How far exim's log was read, and what is to be told of it."""
        return self.state_dir + "/outcomes"

    @property
    def bounces_dir(self) -> str:
        """Bounces that the send service has not been told of, a Maildir."""
        return self.spool_dir + "/bounces"

    @property
    def pid_file(self) -> str:
        """Where exim writes the pid of its daemon."""
        return self.run_dir + "/exim.pid"

    @property
    def passwd(self) -> str:
        """The accounts as text, `user@domain:hash`, for people and tools."""
        return self.exim_dir + "/passwd"

    @property
    def passwd_dir(self) -> str:
        """The accounts as exim looks them up, a file for each bucket."""
        return self.lookups_dir + "/passwd"

    def passwd_cdb(self, bucket: str) -> str:
        """Return the lookup file of a bucket of accounts."""
        return f"{self.passwd_dir}/{bucket}.cdb"

    @property
    def aliases_dir(self) -> str:
        """The aliases as exim looks them up, a file for each bucket."""
        return self.lookups_dir + "/aliases"

    def aliases_cdb(self, bucket: str) -> str:
        """Return the lookup file of a bucket of aliases."""
        return f"{self.aliases_dir}/{bucket}.cdb"

    @property
    def domains_dir(self) -> str:
        """The domains as exim looks them up, files for each."""
        return self.lookups_dir + "/domains"

    @property
    def hold_filter(self) -> str:
        """What exim runs before each delivery: whether the message must wait."""
        return self.exim_dir + "/hold.filter"

    @property
    def certificate(self) -> str:
        """The TLS certificate, PEM."""
        return self.tls_dir + "/cert.pem"

    @property
    def certificates(self) -> tuple[str, ...]:
        """Every certificate that clients are shown, PEM."""
        return (self.certificate, self.rsa_certificate)

    @property
    def certificate_key(self) -> str:
        """The private key of the TLS certificate, PEM."""
        return self.tls_dir + "/key.pem"

    @property
    def certificate_keys(self) -> tuple[str, ...]:
        """The private keys of these certificates, in the same order."""
        return (self.certificate_key, self.rsa_certificate_key)

    @property
    def rsa_certificate(self) -> str:
        """The TLS certificate for clients that know RSA only, PEM."""
        return self.tls_dir + "/rsa-cert.pem"

    @property
    def rsa_certificate_key(self) -> str:
        """The private key of that certificate, PEM."""
        return self.tls_dir + "/rsa-key.pem"

    @property
    def combined_certificates(self) -> tuple[str, ...]:
        """The same pairs again, each certificate and its key in one file."""
        return (self.tls_dir + "/self-made.pem", self.tls_dir + "/rsa-self-made.pem")

    @property
    def tls_cdb(self) -> str:
        """The files of the pairs that exim shows, by the name that a client asks for.

        `*` is for who asks for another name, or for none.
        """
        return self.lookups_dir + "/tls.cdb"

    @property
    def send_cdb(self) -> str:
        """How exim knows the send service that logs in: a digest of its secret."""
        return self.lookups_dir + "/send.cdb"

    @property
    def srs_key(self) -> str:
        """The key of rewritten senders, as it was made."""
        return self.state_dir + "/srs.json"

    @property
    def srs_cdb(self) -> str:
        """The key of rewritten senders, as exim looks it up."""
        return self.lookups_dir + "/srs.cdb"

    @property
    def former(self) -> str:
        """Addresses that accounts had until they got other ones."""
        return self.state_dir + "/former.json"

    @property
    def former_cdb(self) -> str:
        """The same, as exim looks them up."""
        return self.lookups_dir + "/former.cdb"

    @property
    def networks(self) -> str:
        """Networks that are not public and that mail may go to, one a line."""
        return self.lookups_dir + "/networks"

    @property
    def outbound_cdb(self) -> str:
        """How mail leaves: smarthost, with what exim logs in there, source address."""
        return self.lookups_dir + "/outbound.cdb"

    @property
    def unused(self) -> str:
        """Networks that mail does not go to by choice, one a line."""
        return self.lookups_dir + "/unused"

    @property
    def trial(self) -> str:
        """Is there in a trial run of a configuration only."""
        return self.lookups_dir + "/trial"

    @property
    def send_secret(self) -> str:
        """With what the send service logs in; systemd starts it if this is there."""
        return self.send_dir + "/smtp-password"

    @property
    def send_environment(self) -> str:
        """The options of the send service that depend on the instance."""
        return self.send_dir + "/environment"

    @property
    def payload(self) -> str:
        """The last payload that this node has accepted, without its documents."""
        return self.state_dir + "/payload.json"

    @property
    def documents_dir(self) -> str:
        """The documents of that payload, a text for each bucket that has any."""
        return self.state_dir + "/documents"

    def text(self, place: tuple[str, str], digest: str) -> str:
        """Return where the text of a bucket is; another text is another file."""
        collection, bucket = place
        return f"{self.documents_dir}/{collection}/{bucket}-{digest[:16]}"

    @property
    def held_dir(self) -> str:
        """Payloads of services that cannot have the accepted one."""
        return self.state_dir + "/held"

    def held(self, service: str) -> str:
        """Return where the payload is that a service keeps instead."""
        return f"{self.held_dir}/{service}.json"

    @property
    def lockout(self) -> str:
        """Addresses whose open sessions are still to be ended."""
        return self.state_dir + "/lockout.json"

    @property
    def lock(self) -> str:
        """Held while the node's state is changed."""
        return self.state_dir + "/lock"

    @property
    def owned_directories(self) -> tuple[str, ...]:
        """Directories of exim in which a file that is not expected is a stale one."""
        return (self.lookups_dir, self.dkim_dir, self.tls_dir)

    @property
    def lone_files(self) -> tuple[str, ...]:
        """Managed files among files that are not ours."""
        return (self.exim_conf, self.hold_filter, self.passwd, self.mail_env)

    def disk(self, path: str) -> pathlib.Path:
        """Return where the absolute `path` is on this machine's disk."""
        return _on_disk(self.root, path)

    def uid(self, name: str) -> int:
        """Return the numeric id of a user (KeyError: there is no such user)."""
        if name in self.users:
            return self.users[name]
        return pwd.getpwnam(name).pw_uid

    def gid(self, name: str) -> int:
        """Return the numeric id of a group (KeyError: there is no such group)."""
        if name in self.groups:
            return self.groups[name]
        return grp.getgrnam(name).gr_gid
