# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What `exordos-mail check` says of a port, of servers that speak as they are told."""

import contextlib
import datetime
import pathlib
import socket
import socketserver
import ssl
import threading
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from exordos_mail.cli import check, probes
from exordos_mail.standards import dialogue

HOST = "mail.example.com"
#: By protocol: the greeting, what it can before TLS and after, and its good answers.
SAID: dict[str, dict[str, str]] = {
    "SMTP": {
        "": "220 mail.example.com ESMTP",
        "EHLO check.invalid": "250-hello\n250-STARTTLS\n250 SIZE 5",
        "STARTTLS": "220 go on",
        "tls EHLO check.invalid": "250-hello\n250 AUTH PLAIN",
    },
    "IMAP": {
        "": "* OK ready",
        "a CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\na OK done",
        "a STARTTLS": "a OK begin",
        "tls a CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\na OK done",
    },
    "POP3": {
        "": "+OK ready",
        "CAPA": "+OK\nTOP\nSTLS\n.",
        "STLS": "+OK begin",
        "tls CAPA": "+OK\nUSER\nSASL PLAIN\n.",
    },
    "ManageSieve": {
        "": '"IMPLEMENTATION" "x"\n"SASL" ""\n"STARTTLS"\nOK "ready"',
        "STARTTLS": 'OK "begin"',
        "tls ": '"IMPLEMENTATION" "x"\n"SASL" "PLAIN"\nOK "ready"',
    },
}
DOORS = {f"{door.port}": door for door in (*check.DOORS, *check.MAILBOX_DOORS)}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A certificate for HOST that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Speaker(socketserver.ThreadingTCPServer):
    """A server that says what it was told to."""

    daemon_threads = True

    def __init__(
        self, said: dict[str, str], pair: pathlib.Path, secure: bool, begin: str
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.said, self.secure, self.begin = said, secure, begin
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(pair)


class _Handler(socketserver.BaseRequestHandler):
    server: Speaker

    def handle(self) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as open_:
            self._converse(open_)

    def _converse(self, open_: contextlib.ExitStack) -> None:
        server, connection, before = self.server, self.request, ""
        if server.secure:
            connection, before = self._secured(open_), "tls "
        self._say(connection, server.said[""])
        while (line := _line(connection)) and before + line in server.said:
            self._say(connection, server.said[before + line])
            if line == server.begin:
                connection, before = self._secured(open_), "tls "
                self._say(connection, server.said.get(before, ""))

    def _secured(self, open_: contextlib.ExitStack) -> ssl.SSLSocket:
        found = self.server.tls.wrap_socket(self.request, server_side=True)
        return open_.enter_context(found)

    @staticmethod
    def _say(connection: socket.socket, text: str) -> None:
        if text:
            connection.sendall((text + "\n").replace("\n", "\r\n").encode())


def _line(connection: socket.socket) -> str:
    octets = b""
    while not octets.endswith(b"\r\n"):
        found = connection.recv(1)
        if not found:
            return ""
        octets += found
    return octets.decode().rstrip("\r\n")


Looks = tp.Callable[..., dict[str, tp.Any]]


@pytest.fixture
def looks(pair: pathlib.Path) -> tp.Iterator[Looks]:
    """Looks at a server that speaks as a door of this port should, but for changes."""
    with contextlib.ExitStack() as open_:

        def look(
            port: str, host: str = HOST, trusted: bool = True, **changed: str
        ) -> dict[str, tp.Any]:
            door = DOORS[port]
            said = dict(SAID[door.protocol.removesuffix(" with TLS")])
            if door.tls and "tls " in said:
                said[""] = said["tls "]
            names = {
                "greeting": "",
                "plain": door.dialect.ask,
                "begin": door.dialect.begin,
                "secure": f"tls {door.dialect.ask}",
            }
            said |= {names[what]: text for what, text in changed.items()}
            server = open_.enter_context(
                Speaker(said, pair, door.tls, door.dialect.begin)
            )
            open_.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, args=(0.05,)).start()
            tls = ssl.create_default_context(
                cadata=pair.read_text() if trusted else None
            )
            place = probes.Place(host, "127.0.0.1", tls)
            there = check.Door(
                server.server_address[1],
                door.protocol,
                door.dialect,
                door.tls,
                door.logs_in,
            )
            return check.look(place, there)

        yield look


@pytest.mark.parametrize("port", DOORS)
def test_a_good_port(looks: Looks, port: str) -> None:
    found = looks(port)
    assert (found["state"], found["wrong"]) == ("ok", "")


@pytest.mark.parametrize("port", DOORS)
def test_a_certificate_that_nobody_knows_or_of_another_name(
    looks: Looks, port: str
) -> None:
    found = looks(port, trusted=False)
    assert "the certificate is not trusted: self" in found["wrong"]
    assert found["right"] == (
        f"a certificate for {HOST} of an authority that is known here, or its authority"
        " in --ca-file"
    )
    found = looks(port, host="mail.example.org")
    assert "Hostname mismatch" in found["wrong"]


@pytest.mark.parametrize("port", [one for one in DOORS if not DOORS[one].tls])
def test_no_tls_is_offered(looks: Looks, port: str) -> None:
    door = DOORS[port]
    where = "plain" if door.dialect.ask else "greeting"
    said = SAID[door.protocol]["" if where == "greeting" else door.dialect.ask]
    without = said.replace("STARTTLS", "OTHER").replace("STLS", "OTHER")
    found = looks(port, **{where: without})
    assert (found["state"], found["wrong"]) == ("failed", "it offers no TLS")
    found = looks(port, begin="a NO - 454 not now\n454 no\n-ERR no\nNO no")
    assert found["wrong"].startswith("the server said: ")


@pytest.mark.parametrize(
    ("port", "changed"),
    [
        ("25", {"plain": "250-STARTTLS\n250 AUTH PLAIN"}),
        ("587", {"plain": "250-STARTTLS\n250 AUTH PLAIN"}),
        ("143", {"plain": "* CAPABILITY IMAP4rev1 STARTTLS\na OK done"}),
        ("110", {"plain": "+OK\nSTLS\nUSER\n."}),
        ("4190", {"greeting": '"SASL" "PLAIN"\n"STARTTLS"\nOK'}),
    ],
)
def test_a_login_without_tls(looks: Looks, port: str, changed: dict[str, str]) -> None:
    found = looks(port, **changed)
    assert found["wrong"] == "it lets one log in without TLS"
    assert found["right"].startswith("no login before TLS")


@pytest.mark.parametrize(
    ("port", "able"),
    [
        ("465", "250 SIZE 5"),
        ("587", "250 SIZE 5"),
        ("993", "* CAPABILITY IMAP4rev1 LOGINDISABLED\na OK done"),
        ("995", "+OK\nTOP\n."),
        ("4190", '"SASL" ""\nOK'),
    ],
)
def test_no_login_at_all(looks: Looks, port: str, able: str) -> None:
    wrong = "it lets nobody log in, over TLS either"
    assert looks(port, secure=able)["wrong"] == wrong


@pytest.mark.parametrize("greeting", ["421 too many", "SSH-2.0-x", "220-x\n554 no"])
def test_another_greeting(looks: Looks, greeting: str) -> None:
    found = looks("25", greeting=greeting)
    assert found["wrong"].startswith("the server said: ")
    assert found["right"] == "a greeting, and what the server is able to"


def test_nobody_listens_and_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    place = probes.Place(HOST, "127.0.0.1", ssl.create_default_context())
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        door = check.Door(mute.getsockname()[1], "SMTP", dialogue.SMTP)
        refused = check.look(place, door)
        assert refused["wrong"] == "no connection to 127.0.0.1: Connection refused"
        mute.listen()
        monkeypatch.setattr(probes, "TIMEOUT", 0.2)
        assert check.look(place, door)["wrong"] == "no answer within 0.2 seconds"
