# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A smarthost on the far side: another exim, which takes mail of who logs in.

It listens on 192.0.2.26 and 2001:db8::26, ports 25, 465 (TLS from the first octet), 587
and 2525, and puts what it takes into a file for each message, with a header that says
who has sent it and how.
"""

import contextlib
import email
import pathlib
import shutil
import subprocess
import typing as tp

from exordos_mail.protocol import documents
from tests import authority
from tests.integration.exim import certificates, fixtures, payloads, waiting

ADDRESS, ADDRESS6 = "192.0.2.26", "2001:db8::26"
#: Names of these addresses (far_side.py).
NAME, NAME6, OTHER = "smarthost.test", "smarthost6.test", "other-smarthost.test"
USER, PASSWORD = "shop@provider.test", "a smarthost's passphrase"
DIRECTORY = pathlib.Path("/run/smarthost")
_TRUST = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
# A copy: the machine's supervisor ends all processes of exim itself.
_PROGRAM = DIRECTORY / "exim"
_BEFORE = DIRECTORY / "trust-before.crt"
_SPOOL = ("spool", "log", "inbox")
_CONFIGURATION = rf"""
exim_path = {_PROGRAM}
deliver_drop_privilege = true
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = {NAME}
spool_directory = {DIRECTORY}/spool
log_file_path = {DIRECTORY}/log/%slog
pid_file_path = {DIRECTORY}/spool/pid
local_interfaces = <; {ADDRESS} ; {ADDRESS6}
daemon_smtp_ports = <; 25 ; 465 ; 587 ; 2525
tls_on_connect_ports = 465
tls_advertise_hosts = *
# Expanded, since exim keeps in memory what it need not expand.
tls_certificate = {DIRECTORY}/${{lc:pair}}.pem
acl_smtp_rcpt = take
message_logs = false
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =

begin acl
take:
  accept authenticated = *
  accept condition = ${{if eq{{$received_port}}{{25}}}}
  deny message = 550 5.7.1 log in first

begin routers
all:
  driver = accept
  transport = keep

begin transports
keep:
  driver = appendfile
  file = {DIRECTORY}/inbox/$message_exim_id
  headers_add = X-Seen: login=${{authenticated_id}} tls=${{tls_in_cipher_std}} \
    sni=${{tls_in_sni}} from=${{sender_host_address}} port=${{received_port}} \
    how=${{sender_host_authenticated}}

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{\
    {{eq{{$auth2}}{{${{readfile{{{DIRECTORY}/username}}}}}}}}\
    {{eq{{$auth3}}{{${{readfile{{{DIRECTORY}/password}}}}}}}}}}}}
  server_set_id = somebody
  server_advertise_condition = ${{if exists{{{DIRECTORY}/plain}}}}

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{\
    {{eq{{$auth1}}{{${{readfile{{{DIRECTORY}/username}}}}}}}}\
    {{eq{{$auth2}}{{${{readfile{{{DIRECTORY}/password}}}}}}}}}}}}
  server_set_id = somebody
"""


class Smarthost:
    """The smarthost, and what it has been given."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._read: set[str] = set()

    def expect(self, username: str, password: str, plain: bool = True) -> None:
        """Let this user in alone; `plain`: by PLAIN as well as by LOGIN."""
        (DIRECTORY / "username").write_bytes(username.encode())
        (DIRECTORY / "password").write_bytes(password.encode())
        if plain:
            (DIRECTORY / "plain").touch()
        else:
            (DIRECTORY / "plain").unlink(missing_ok=True)

    def show(self, leaf: authority.Leaf) -> None:
        """Have it show this certificate."""
        (DIRECTORY / "pair.pem").write_text(leaf.chain + leaf.key)

    def next_message(self) -> tuple[str, tp.Any]:
        """Return how the next message came, and the message."""

        def found() -> list[pathlib.Path]:
            return [
                one
                for one in _messages()
                if one.name not in self._read and one.read_bytes().endswith(b"\n\n")
            ]

        path = waiting.until(found, "the smarthost has a message")[0]
        self._read.add(path.name)
        text = path.read_bytes().partition(b"\n")[2]
        message = email.message_from_bytes(text)
        return " ".join(message["X-Seen"].split()), message

    def forget(self) -> None:
        """Take all messages that are there for read."""
        self._read = {one.name for one in _messages()}

    def count(self) -> int:
        """Return how many messages have not been read."""
        return len(_messages()) - len(self._read)

    def start(self) -> None:
        """Listen."""
        command = [*fixtures.far_side_command(), str(_PROGRAM)]
        command += ["-C", str(DIRECTORY / "exim.conf"), "-bdf"]
        self._process = subprocess.Popen(command, cwd="/")
        waiting.until(self._is_up, "the smarthost listens")

    def stop(self) -> None:
        """Listen no longer; deliveries under way are ended too."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    @staticmethod
    def _is_up() -> bool:
        log = DIRECTORY / "log" / "mainlog"
        return log.exists() and "listening for" in log.read_text()


def _messages() -> list[pathlib.Path]:
    """Return the files of messages; beside each there is a lock while it is written."""
    return [one for one in (DIRECTORY / "inbox").iterdir() if "." not in one.name]


def begin() -> Smarthost:
    """Return a smarthost that listens, and whose certificate the node trusts."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir()
    for name in _SPOOL:
        (DIRECTORY / name).mkdir()
        shutil.chown(DIRECTORY / name, "Debian-exim", "Debian-exim")
    shutil.copyfile("/usr/sbin/exim4", _PROGRAM)
    _PROGRAM.chmod(0o755)
    (DIRECTORY / "exim.conf").write_text(_CONFIGURATION)
    far = [*fixtures.far_side_command(), "ip", "address", "replace"]
    for one in (f"{ADDRESS}/24", f"{ADDRESS6}/64"):
        nodad = ["nodad"] if ":" in one else []
        subprocess.run([*far, one, "dev", "cable", *nodad], check=True)
    _BEFORE.write_bytes(_TRUST.read_bytes())
    with _TRUST.open("a") as stream:
        stream.write("\n" + certificates.signer().pem)
    found = Smarthost()
    found.show(certificates.leaf(NAME, NAME6))
    found.expect(USER, PASSWORD)
    found.start()
    return found


def end(smarthost: Smarthost) -> None:
    """Leave nothing of a smarthost."""
    smarthost.stop()
    _TRUST.write_bytes(_BEFORE.read_bytes())
    shutil.rmtree(DIRECTORY)


def way(**changes: tp.Any) -> dict[str, tp.Any]:
    """Return the collection `outbound` as texts, of a way through the smarthost."""
    document = {
        "smarthost": NAME,
        "port": 587,
        "tls": "starttls",
        "username": USER,
        "password": PASSWORD,
        "family": "any",
        "address": None,
        "return_path": "sender",
        **changes,
    }
    return {"outbound": {"0": documents.text({"outbound": document})}}


def payload(**changes: tp.Any) -> dict[str, tp.Any]:
    """Return a payload by which mail leaves through the smarthost."""
    return payloads.payload(more=way(**changes))


def direct(**changes: tp.Any) -> dict[str, tp.Any]:
    """Return a payload by which mail leaves for its recipients' hosts."""
    nobody = {"smarthost": None, "username": None, "password": None}
    return payload(**{**nobody, **changes})


def arguments_of_all() -> str:
    """Return the arguments of all processes."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        # Others' processes end between the two, and while they are read.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append(path.read_bytes().replace(b"\0", b" "))
    return b" ".join(found).decode(errors="replace")
