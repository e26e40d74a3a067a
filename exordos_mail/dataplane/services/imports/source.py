# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The server that a mailbox is moved from: it is connected to, logged in at, listed.

Its name is resolved once, each address is judged, and one that may be reached is
connected to; the certificate must be of the name. Nothing is sent before that.
"""

import collections.abc as abc
import contextlib
import imaplib
import ipaddress
import re
import socket
import ssl
import typing as tp

from exordos_mail.dataplane.services.imports import folders as folders_lib
from exordos_mail.dataplane.services.imports import job as job_lib
from exordos_mail.dataplane.services.imports.fault import Fault
from exordos_mail.send.attachments import policy

TIMEOUT = 60.0  # seconds, for each answer before mail flows
_FOLDERS_MAX = 5_000
_LINE = re.compile(rb"\(([^)]*)\) (?:\"(\\?.)\"|NIL) (.*)\Z", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY) ([0-9]{1,10})")
#: Codes of RFC 5530 and others that say that it may be better in a moment.
_PASSING = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|THROTTLED)\b")


class FolderState(tp.NamedTuple):
    """What a source says of a folder; it is the same while nothing has come."""

    messages: int
    uidnext: int
    uidvalidity: int


class SourceSession(imaplib.IMAP4):
    """A connection that has logged in."""

    def __init__(self, orders: job_lib.Orders) -> None:
        """Connect, and log in.

        Raises:
            Fault: it cannot be; the text says why.
        """
        job = self._job = orders.job
        self._networks = tuple(map(ipaddress.ip_network, orders.networks))
        with _told(job):
            super().__init__(job.host, job.port, TIMEOUT)
            if job.tls == job_lib.STARTTLS:
                self.starttls(_context(job))
            self._log_in(job.username, job.password or "")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = _connected(self._job, self._networks)
        if self._job.tls == job_lib.STARTTLS:
            return plain
        return _context(self._job).wrap_socket(plain, server_hostname=self.host)

    def _log_in(self, username: str, password: str) -> None:
        try:
            if "AUTH=PLAIN" in self.capabilities:
                said = f"\0{username}\0{password}".encode()
                self.authenticate("PLAIN", lambda _: said)
            else:
                # imaplib quotes the password alone.
                self.login(self._quote(username), password)
        except UnicodeEncodeError:
            raise Fault(
                "the source takes no user name or password beyond ASCII"
            ) from None
        except self.abort:
            raise
        except self.error as exc:
            if _PASSING.search(str(exc).encode()):
                raise Fault("the source lets nobody in for now", passes=True) from None
            raise Fault("the source refuses the user name or the password") from None

    def list_folders(self) -> list[folders_lib.Folder | bytes]:
        """Return all folders; the name of one that cannot be decoded as it is.

        Raises:
            Fault: there are too many, or the source does not tell.
        """
        with _told(self._job):
            said = self.capability()[1][0].upper().split()
            told = ("RETURN", "(SPECIAL-USE)") if b"SPECIAL-USE" in said else ()
            self._simple_command("LIST", '""', '"*"', *told)
            lines = self._untagged_response("OK", [None], "LIST")[1]
        found = [_folder(line) for line in _joined(lines)]
        if len(found) > _FOLDERS_MAX:
            raise Fault(f"the source has more than {_FOLDERS_MAX} folders")
        return [one for one in found if one is not None]

    def state_of(self, raw: bytes) -> FolderState | None:
        """Return what it says of a folder; None: it says nothing of it.

        Raises:
            Fault: the connection is lost.
        """
        quoted = b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        with _told(self._job):
            word, told = self.status(
                quoted,  # type: ignore[arg-type]
                "(MESSAGES UIDNEXT UIDVALIDITY)",
            )
        last = told[-1]
        said = (last[0] + last[1] if isinstance(last, tuple) else last) or b""
        # Behind the name, which may say anything.
        found = {
            one: int(two) for one, two in _NUMBER.findall(said.rpartition(b"(")[2])
        }
        if word != "OK" or len(found) != len(FolderState._fields):
            return None
        return FolderState(found[b"MESSAGES"], found[b"UIDNEXT"], found[b"UIDVALIDITY"])

    def close_quietly(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self.sock.close()


def _joined(lines: abc.Iterable[tp.Any]) -> abc.Iterator[bytes]:
    """Yield lines; a name that came as a literal stands in quotes."""
    for line in lines:
        if isinstance(line, tuple):
            head, name = line
            quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            yield re.sub(rb"\{[0-9]+\}\Z", b"", head) + b'"' + quoted + b'"'
        elif line:
            yield line


def _folder(line: bytes) -> folders_lib.Folder | bytes | None:
    found = _LINE.match(line)
    if found is None:
        return None
    flags, separator, raw = found[1], found[2] or b"", found[3]
    if raw.startswith(b'"'):
        raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1])
    name = folders_lib.decode(raw)
    if name is None:
        return raw
    words = flags.decode("ascii", "replace").lower().split()
    shown = separator[-1:].decode("ascii", "replace")
    return folders_lib.Folder(raw, name, shown, frozenset(words))


def _connected(job: job_lib.Job, networks: tuple[policy.Network, ...]) -> socket.socket:
    """Return a connection to the first address that may be reached and answers.

    Raises:
        Fault: there is none.
    """
    try:
        told = socket.getaddrinfo(job.host, job.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Fault(f"{job.host} has no address", passes=True) from None
    rules = policy.Policy(networks=networks)
    open_ones = [
        one[4]
        for one in told
        if rules.permits(ipaddress.ip_address(str(one[4][0]).partition("%")[0]))
    ]
    if not open_ones:
        raise Fault(
            f"{job.host} has no public address, and the operator does not allow others"
        )
    for address in open_ones:
        with contextlib.suppress(OSError):
            where = (str(address[0]), int(address[1]))
            return socket.create_connection(where, TIMEOUT)
    raise Fault(f"{job.host} does not answer on port {job.port}", passes=True)


def _context(job: job_lib.Job) -> ssl.SSLContext:
    try:
        found = ssl.create_default_context(cadata=job.ca)
    except ssl.SSLError:
        raise Fault("ca holds no certificate that can be read") from None
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    return found


@contextlib.contextmanager
def _told(job: job_lib.Job) -> abc.Iterator[None]:
    """Raise a Fault in the place of what a connection raises."""
    where = f"{job.host}, port {job.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as exc:
        text = f"the certificate of {where} is not good: {exc.verify_message}"
        raise Fault(text) from None
    except ssl.SSLError:
        raise Fault(f"no TLS with {where}: is tls as the source has it?") from None
    except TimeoutError:
        raise Fault(f"{where} says nothing", passes=True) from None
    except (OSError, imaplib.IMAP4.abort):
        raise Fault(f"{where} closes the connection", passes=True) from None
    except (imaplib.IMAP4.error, ValueError, MemoryError):
        raise Fault(f"{where} does not speak IMAP as it should") from None
