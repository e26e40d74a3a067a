# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An import as the control plane wants it: pure."""

import dataclasses
import json
import re
import typing as tp

from exordos_mail.standards import relay, rule

COLLECTION = "imports"
IMPLICIT, STARTTLS = relay.IMPLICIT, relay.STARTTLS
_PORT_MAX = 65535
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclasses.dataclass(frozen=True)
class Job:
    """An import; its document has the same names.

    Attributes:
        login: of the account.
        mailbox: the name of its mailbox.
        tls: `implicit` or `starttls`.
        ca: the authorities that are trusted for the source, PEM; None: the machine's.
        password: None once a run has ended.
        folders: what is copied, with all below; None: everything.
        exclude: what is not, with all below.
        run: counts the starts.
    """

    login: str
    mailbox: str
    host: str
    port: int
    tls: str
    ca: str | None
    username: str
    password: str | None = dataclasses.field(repr=False)
    folders: list[str] | None
    exclude: list[str]
    dry_run: bool
    run: int
    stopped: bool


def parse(document: object) -> Job | None:
    """Return the import of a document; None: the platform would send no such one."""
    names = {one.name for one in dataclasses.fields(Job)}
    if not isinstance(document, dict) or document.keys() != names:
        return None
    found = Job(**document)
    try:
        relay.check_host(found.host)
        relay.check_credential(found.username)
    except rule.RuleError:
        return None
    return found if _is_good(found) else None


def _is_good(job: Job) -> bool:
    return (
        isinstance(job.login, str)
        and isinstance(job.mailbox, str)
        and bool(_UUID.match(job.mailbox))
        and _is_number(job.port, _PORT_MAX)
        and job.tls in (IMPLICIT, STARTTLS)
        and isinstance(job.password, (str, type(None)))
        and isinstance(job.ca, (str, type(None)))
        and (job.folders is None or _are_texts(job.folders))
        and _are_texts(job.exclude)
        and isinstance(job.dry_run, bool)
        and isinstance(job.stopped, bool)
        and _is_number(job.run, 2**31)
    )


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


@dataclasses.dataclass(frozen=True)
class Orders:
    """What a process is told on its standard input.

    Attributes:
        home: of the mailbox.
        conf: Dovecot's configuration.
        run_dir: where Dovecot's sockets are.
        networks: that may be reached although they are not public (CIDR).
        silence: seconds without a word of the source, after which it is given up.
        stall: the same without a new message.
        reserve: octets of the disk that stay free.
        pauses: seconds before each next try after a failure that may pass.
        only_remove: remove the mirror, and do nothing else.
    """

    job: Job
    home: str
    conf: str
    run_dir: str
    networks: tuple[str, ...] = ()
    silence: float = 300.0
    stall: float = 1800.0
    reserve: int = 2**30
    pauses: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 30.0)
    only_remove: bool = False

    def text(self) -> str:
        """Return them as JSON."""
        return json.dumps(dataclasses.asdict(self))


def orders(text: str) -> Orders:
    """Return the orders that `Orders.text` has written."""
    found: dict[str, tp.Any] = json.loads(text)
    return Orders(**{**found, "job": Job(**found["job"])})
