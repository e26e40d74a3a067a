# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A stock Dovecot of Debian, on a machine of its own without a network."""

import contextlib
import pathlib
import secrets
import shutil
import socket
import tempfile
import typing as tp

from tests.lab import namespace
from tests.stand import progress, settings
from tests.stand.mailbox_judges import authority, letters, place

HOST, ADDRESS, DOMAIN = "imap.trial.test", "192.0.2.1", "trial.test"
_CONFIGURATION = pathlib.Path(__file__).with_name("dovecot.conf")


class Stock:
    """The machine, its mail server, and the judges beside it.

    Attributes:
        place: where the judges run.
        password: of every address of the domain.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="mailbox-judges."))
        self.password = secrets.token_urlsafe(12)
        self._configure()
        self.machine = namespace.Namespace(root, self.files)
        self.place = place.Place(self.files, self.machine.command)

    def _configure(self) -> None:
        (self.files / "mail").mkdir()
        shutil.chown(self.files / "mail", "mail")
        self.files.chmod(0o755)
        text = _CONFIGURATION.read_text()
        values = {"PASSWORD": self.password}
        settings.write(self.files / "dovecot.conf", settings.render(text, values))
        settings.write(self.files / "hosts", f"{ADDRESS} {HOST}\n127.0.0.1 localhost\n")
        settings.write(self.files / "resolv.conf", "nameserver 127.0.0.1\n")
        for name in ("ca", "other"):
            authority.make(self.files, name)
        authority.sign(self.files, "ca", "server", HOST)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        machine = self.machine
        progress.run(*machine.command("mount", "--bind", "/mnt/hosts", "/etc/hosts"))
        # A client at the server's own address would be let in without TLS.
        hop = "ip addr add 192.0.2.1/32 dev lo; ip addr add 198.51.100.7/32 dev lo;"
        hop += "ip route replace local 192.0.2.1 dev lo src 198.51.100.7 table local"
        progress.run(*machine.command("sh", "-ec", hop))
        with (self.files / "start.log").open("ab") as log:
            machine.start(log, "dovecot", "-F", "-c", "/mnt/dovecot.conf")
        progress.until(self._listens, 20, "Dovecot answers")

    def _listens(self) -> bool:
        with self.machine.entered(), contextlib.suppress(OSError):
            socket.create_connection((ADDRESS, 993), 5).close()
            return True
        return False

    def box(self, name: str, **changed: tp.Any) -> place.Box:
        """Return an address's mailbox, told with what is changed of it."""
        told = {"password": self.password, **changed}
        return place.Box(HOST, f"{name}@{DOMAIN}", **told)

    def deliver(self, name: str, *ids: str, subject: str = "a letter") -> None:
        """Deliver a message for each Message-ID."""
        to, letter = f"{name}@{DOMAIN}", self.files / f"{name}.letter"
        for one in ids:
            letter.write_bytes(letters.compose(one, to, subject))
            where = ("-c", "/mnt/dovecot.conf", "-d", to, "-p", f"/mnt/{letter.name}")
            progress.run(*self.machine.command("/usr/lib/dovecot/dovecot-lda", *where))

    def stop(self) -> None:
        """End all of it, and remove its files."""
        self.machine.stop()
        shutil.rmtree(self.files)


@contextlib.contextmanager
def running(root: pathlib.Path) -> tp.Iterator[Stock]:
    """Have a stock Dovecot for as long as the block runs."""
    server = Stock(root)
    try:
        server.start()
        yield server
    finally:
        server.stop()
