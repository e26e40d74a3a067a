# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The machine under test, its clients and the internet, inside the node."""

import base64
import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import smtplib
import subprocess
import sys
import time
import typing as tp

import pytest

from exordos_mail.dataplane import registry
from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import payloads, unit_supervisor, waiting
from tests.integration.exim import supervisor as supervisor_lib

LAYOUT = layout_lib.Layout()
MAINLOG = pathlib.Path(LAYOUT.log_dir, "mainlog")
_INBOX = pathlib.Path("/run/inbox")


@dataclasses.dataclass
class Machine:
    """A mail node: the driver's engine and the supervisors of its services."""

    layout: layout_lib.Layout
    supervisor: supervisor_lib.Supervisor
    send: unit_supervisor.UnitSupervisor
    web: unit_supervisor.UnitSupervisor
    resolver: unit_supervisor.UnitSupervisor
    mta_sts: unit_supervisor.UnitSupervisor
    dovecot: unit_supervisor.UnitSupervisor
    node: converge.MailNode

    def fresh_node(self, doorbell: gateway.Client | None = None) -> converge.MailNode:
        """Return the engine of an agent that has just been started."""
        self.node = engine(self, doorbell)
        return self.node

    def apply(self, value: tp.Mapping[str, tp.Any]) -> tp.Any:
        """Bring the machine to a payload and demand success."""
        report = self.node.converge(value)
        assert (report.status, report.reason) == ("ACTIVE", ""), str(report)
        assert report.revision == value["revision"]
        return report

    def log(self) -> str:
        """Return exim's main log; what clients have said in it is no text always."""
        return MAINLOG.read_text(errors="replace") if MAINLOG.exists() else ""

    def daemon(self) -> tuple[int, ...]:
        """Return the identity of the running daemon."""
        found = probe.daemon(self.layout)
        assert found is not None
        return found

    def run_queue(self) -> None:
        """Try every message of the queue now."""
        self.supervisor.run("-qff")

    def clean(self) -> None:
        """Take everything off the machine, whatever state it is in."""
        self.stop()
        self.fresh_node().remove()
        for path in pathlib.Path(self.layout.log_dir).iterdir():
            path.unlink()

    def stop(self) -> None:
        """Stop all services."""
        self.supervisor.stop()
        self.send.kill()
        self.web.kill()
        self.resolver.kill()
        self.mta_sts.kill()
        self.dovecot.kill()

    @property
    def units(self) -> dict[str, tp.Any]:
        """What runs the services, by their names."""
        return {
            "exim": self.supervisor,
            "send": self.send,
            "web": self.web,
            "resolver": self.resolver,
            "mta_sts": self.mta_sts,
            "dovecot": self.dovecot,
        }


def new_machine() -> Machine:
    """Return the machine, as who comes to it first has it."""
    supervisor = supervisor_lib.Supervisor(LAYOUT)
    send, web = unit_supervisor.send(LAYOUT), unit_supervisor.web()
    others = (
        *(send, web, unit_supervisor.resolver(), unit_supervisor.mta_sts()),
        unit_supervisor.dovecot(),
    )
    names = ("exim", "send", "web", "resolver", "mta_sts", "dovecot")
    units = dict(zip(names, (supervisor, *others), strict=True))
    node = registry.mail_node(LAYOUT, None, units)
    return Machine(LAYOUT, supervisor, *others, node)


def engine(
    machine: Machine, doorbell: gateway.Client | None = None
) -> converge.MailNode:
    """Return an engine of its own for a machine."""
    return registry.mail_node(machine.layout, doorbell, machine.units)


@pytest.fixture
def machine() -> tp.Iterator[Machine]:
    """A machine on which nothing has been applied yet."""
    machine = new_machine()
    machine.clean()
    yield machine
    machine.stop()


@pytest.fixture
def mail() -> Machine:
    """A machine that serves alice@example.com; quick where it does already."""
    machine = new_machine()
    accepted = machine.node.accepted()
    if accepted is not None and accepted.digests("domains"):
        # What a payload does not name stays (docs/adr/0025): the web server of these
        # domains would be started, and nobody here ends it.
        machine.clean()
    machine.apply(payloads.payload())
    return machine


@pytest.fixture(autouse=True)
def no_secret_in_logs() -> tp.Iterator[None]:
    """After each test: neither passwords nor hashes in exim's logs."""
    yield
    encoded = base64.b64encode(payloads.PASSWORD.encode()).decode()
    for path in pathlib.Path(LAYOUT.log_dir).iterdir():
        text = path.read_text(errors="replace")
        for secret in (payloads.PASSWORD, encoded, "$6$"):
            assert secret not in text, f"{path} holds a secret"


class Internet:
    """What the far side has received."""

    def __init__(self) -> None:
        self._seen = len(list(_INBOX.iterdir()))

    def next_message(self) -> tuple[dict[str, tp.Any], bytes]:
        """Return envelope and content of the next message that arrives."""
        path = _INBOX / f"{self._seen:06}"
        waiting.until(path.exists, "a message arrives")
        self._seen += 1
        head, _, content = path.read_bytes().partition(b"\n")
        return json.loads(head), content

    def count(self) -> int:
        """Return how many unread messages there are."""
        return len(list(_INBOX.iterdir())) - self._seen

    @staticmethod
    def run(code: str) -> str:
        """Run Python on the far side; return what it prints."""
        return subprocess.run(
            [*far_side_command(), sys.executable, "-c", code],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
        ).stdout


def far_side_command() -> list[str]:
    """Return the command that runs another one on the far side."""
    return ["nsenter", "--target", os.environ["INTERNET_PID"], "--net"]


@contextlib.contextmanager
def far_side() -> tp.Iterator[None]:
    """Run the name server and the mail host on the far side."""
    _INBOX.mkdir()
    program = str(pathlib.Path(__file__).with_name("far_side.py"))
    paths = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [*far_side_command(), sys.executable, program, str(_INBOX)],
        env={"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
        process.terminate()


@pytest.fixture(scope="session")
def far_programs() -> tp.Iterator[None]:
    """The name server and the mail host on the far side."""
    with far_side():
        yield


@pytest.fixture
def internet(far_programs: None) -> Internet:
    """The far side of the cable."""
    return Internet()


#: Addresses of the far side in an IPv4 /24, in an IPv6 /64, and in neither.
NETWORK_24 = tuple(f"192.0.2.{number}" for number in range(100, 108))
NETWORK_64 = tuple(f"2001:db8::{number}" for number in range(100, 108))
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def networks(internet: Internet) -> tp.Iterator[Internet]:
    """The far side with these addresses."""
    far = [*far_side_command(), "ip", "address", "replace"]
    _run("ip", "address", "replace", "2001:db8::1/64", "dev", "cable", "nodad")
    _run("ip", "route", "replace", f"{ELSEWHERE}/32", "dev", "cable")
    for address in NETWORK_24:
        _run(*far, f"{address}/24", "dev", "cable")
    for address in NETWORK_64:
        _run(*far, f"{address}/64", "dev", "cable", "nodad")
    _run(*far, f"{ELSEWHERE}/32", "dev", "cable")
    yield internet
    _run("ip", "address", "delete", "2001:db8::1/64", "dev", "cable")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def client(
    port: int = 587, login: str = "", password: str = "", address: str = ""
) -> smtplib.SMTP:
    """Open a dialogue; on 587 inside TLS; logged in if a login is given."""
    smtp = probe.connect(port, tls=port == 465) if not address else _from(address, port)
    smtp.ehlo("client.test")
    if port == 587:
        smtp.starttls(context=probe.tls_context())
        smtp.ehlo("client.test")
    if login:
        smtp.login(login, password)
    return smtp


def _from(address: str, port: int) -> smtplib.SMTP:
    return smtplib.SMTP(
        probe.LOOPBACK, port, "localhost", timeout=5, source_address=(address, 0)
    )


def alice(port: int = 587) -> smtplib.SMTP:
    """Open a dialogue as alice."""
    return client(port, payloads.ALICE, payloads.PASSWORD)


_CLIENTS = itertools.count(1)


def login_code(
    login: str,
    password: str,
    port: int = 587,
    how: str = "PLAIN",
    new_client: bool = False,
) -> int:
    """Return the answer to one login.

    `new_client`: from an address that has not guessed before, so that the
    answer is not slowed down.
    """
    address = ""
    if new_client:
        high, low = divmod(next(_CLIENTS), 200)
        address = f"127.0.{high + 1}.{low + 1}"
    smtp = client(port, address=address)
    smtp.user, smtp.password = login, password
    method = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}[how]
    try:
        return smtp.auth(how, method, initial_response_ok=how == "PLAIN")[0]
    except smtplib.SMTPAuthenticationError as exc:
        return exc.smtp_code
    finally:
        smtp.close()


def submit(
    content: str | bytes,
    sender: str = payloads.ALICE,
    recipients: tp.Sequence[str] = ("bob@elsewhere.test",),
) -> tuple[int, str]:
    """Submit a message as alice; return the last answer, code and text."""
    smtp = alice()
    try:
        answers = [smtp.mail(sender), *(smtp.rcpt(one) for one in recipients)]
        for code, text in answers:
            if code >= 400:
                return code, text.decode()
        code, text = smtp.data(content)
        return code, text.decode()
    finally:
        smtp.close()


class Stopwatch:
    """Measures how long something takes."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start
