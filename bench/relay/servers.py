# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Three servers for one job: the node, an exim tuned by hand, Postfix with OpenDKIM.

Each takes mail of who logs in with PLAIN inside TLS, signs it with two keys, and sends
it on by the DNS. Their queues lie on one disk.
"""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import typing as tp

from exordos_mail.standards import dkim
from tests.integration.exim import fixtures, payloads, waiting

_HERE = pathlib.Path(__file__).parent
_DISK = pathlib.Path("/srv")
_SPOOL = pathlib.Path("/var/spool/exim4")
_RUN = pathlib.Path("/run/byhand")
_POSTFIX = pathlib.Path("/opt/postfix")
NAMES = [f"user{number}" for number in range(50)]


class Server(tp.Protocol):
    """What is measured: its name, and its port of submission on the loopback."""

    name: str
    port: int

    def close(self) -> None:
        """Stop."""


class Ours:
    """The node as it is shipped."""

    name, port = "shipped", 587

    def __init__(self) -> None:
        self._machine = fixtures.new_machine()
        self._machine.clean()
        _on_disk(_SPOOL, "shipped")
        accounts = dict.fromkeys(NAMES, payloads.PASSWORD)
        limit = "1000000 / 1h"
        self._machine.apply(payloads.payload(accounts, rate_limit=limit))

    def close(self) -> None:
        """Stop."""
        self._machine.stop()


class ByHand:
    """exim, tuned by hand."""

    name, port = "by hand", 5870

    def __init__(self) -> None:
        _RUN.mkdir()
        for name in ("spool", "log"):
            place = _DISK / "byhand" / name
            place.mkdir(parents=True)
            shutil.chown(place, "Debian-exim", "Debian-exim")
        # A copy: the node's supervisor ends all processes of exim itself.
        shutil.copy("/usr/sbin/exim4", _RUN / "exim")
        _certify(_RUN / "tls.pem")
        _write_keys(_RUN)
        secret = payloads.hashed(payloads.PASSWORD)
        rows = (f"{name}@example.com: {secret}\n" for name in NAMES)
        (_RUN / "passwd").write_text("".join(rows))
        for one in _RUN.iterdir():
            shutil.chown(one, "Debian-exim", "Debian-exim")
        command = [_RUN / "exim", "-C", _HERE / "exim.conf", "-bdf", "-q1m"]
        self._process = subprocess.Popen(command)

    def close(self) -> None:
        """Stop."""
        self._process.terminate()
        self._process.wait()


class Postfix:
    """Postfix with OpenDKIM; the passwords are Dovecot's."""

    name, port = "postfix", 5871

    def __init__(self) -> None:
        etc = _POSTFIX / "etc"
        # Postfix' own processes have a smaller root.
        for place in (etc, _POSTFIX / "var/spool/postfix/etc"):
            place.mkdir(exist_ok=True)
            shutil.copy("/etc/resolv.conf", place)
        shutil.copy(_HERE / "postfix.cf", etc / "postfix/main.cf")
        shutil.copy(_HERE / "opendkim.conf", etc / "opendkim.conf")
        _certify(etc / "postfix/tls.pem")
        self._sign(etc / "dkim")
        with (etc / "postfix/master.cf").open("a") as stream:
            stream.write(f"127.0.0.1:{self.port} inet n - n - - smtpd\n")
        self._inside("postconf", "-M#", "smtp/inet")
        _on_disk(_POSTFIX / "var/spool/postfix", "postfix")
        secret = "{CRYPT}" + payloads.hashed(payloads.PASSWORD)
        rows = (f"{name}@example.com:{secret}::::::\n" for name in NAMES)
        pathlib.Path("/run/passwords.users").write_text("".join(rows))
        conf = str(_HERE / "dovecot.conf")
        self._passwords = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", conf])
        self._inside("install", "-d", "-o", "opendkim", "/run/opendkim")
        self._inside("opendkim", "-x", "/etc/opendkim.conf")
        waiting.until(lambda: _listens(5872) and _listens(5873), "both answer")
        self._inside("postfix", "start")

    def _sign(self, place: pathlib.Path) -> None:
        # OpenDKIM takes no key of Ed25519 here: two of RSA.
        place.mkdir()
        for name in _KEYS:
            key = dkim.generate_private_key(dkim.RSA_SHA256)
            (place / f"{name}.pem").write_text(key)
        rows = (f"{name} example.com:{name}:/etc/dkim/{name}.pem\n" for name in _KEYS)
        (place / "keys").write_text("".join(rows))
        (place / "signers").write_text("".join(f"*@example.com {n}\n" for n in _KEYS))
        self._inside("chown", "-R", "opendkim", "/etc/dkim")
        self._inside("chmod", "-R", "go=", "/etc/dkim")

    @staticmethod
    def _inside(*command: str) -> None:
        subprocess.run(["/usr/sbin/chroot", _POSTFIX, *command], check=True)

    def close(self) -> None:
        """Stop."""
        self._inside("postfix", "stop")
        self._passwords.terminate()
        self._passwords.wait()


_KEYS = ("one", "two")


def _on_disk(place: pathlib.Path, name: str) -> None:
    """Have a directory lie on the disk, as it is."""
    there = _DISK / name
    subprocess.run(["/usr/bin/cp", "-a", place, there], check=True)
    subprocess.run(["/usr/bin/mount", "--bind", there, place], check=True)


def _certify(place: pathlib.Path) -> None:
    """Write a key and a certificate of it into one file."""
    command = ["/usr/bin/openssl", "req", "-x509", "-nodes", "-subj", "/CN=bench"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-keyout", f"{place}.key", "-out", f"{place}.crt"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    parts = [pathlib.Path(f"{place}{end}") for end in (".key", ".crt")]
    place.write_text("".join(one.read_text() for one in parts))


def _write_keys(place: pathlib.Path) -> None:
    for selector, key in payloads.keys().items():
        (place / f"{selector}.pem").write_text(key["private_key"])


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def all_of_them() -> tp.Iterator[Server]:
    """Start them one after the other."""
    for kind in (Ours, ByHand, Postfix):
        server = kind()
        waiting.until(lambda port=server.port: _listens(port), server.name)
        yield server
