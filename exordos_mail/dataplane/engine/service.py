# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A service of the node, as the engine sees it.

A service is a package below dataplane/services with a module `service` that has one
class of this kind, made of `Tools` alone (see registry.py). The engine holds its
failures, its patience and its memory of what was tried (runner.py), so a service
raises and waits as it likes.

    Problem             (why a service does not do its part; the text is told)
    ├── RehearsalFailed     the state must not go into service: the old one stays
    ├── Refused             the running daemon did not take it: the old one is back
    └── NotYet              it goes on in the next pass: no failure
"""

import dataclasses
import typing as tp

from exordos_mail.dataplane.engine import fetcher, inventory, source
from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import observer as observer_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.engine import unit as unit_lib


class Problem(Exception):
    """The service does not do its part; one line of text, without secrets.

    Args:
        text: what is told.
        is_over: asked before the time to try again has come: whether it is worth it.
    """

    def __init__(self, text: str, is_over: tp.Callable[[], bool] | None = None) -> None:
        super().__init__(text)
        self.is_over = is_over


class RehearsalFailed(Problem):
    """The configuration must not go into service."""


class Refused(Problem):
    """The daemon did not take the state, and has its old one back."""


class NotYet(Problem):
    """It is under way and goes on in the next pass."""


@dataclasses.dataclass(frozen=True)
class Health:
    """What the service was found to be.

    `problem`: what is not as the state says, "" for nothing; `failure`: the same of
    something that was tried in vain; `lack`: all is in place, and of no use for this
    reason. `facts` are fields of the report that this service answers for.
    """

    problem: str = ""
    failure: str = ""
    lack: str = ""
    facts: tp.Mapping[str, tp.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Door:
    """A port or a socket at which a service answers, for the instance's `health`.

    Attributes:
        protocol: for people.
        look: speaks it, for some seconds at most, and returns what is not as it should
            be, "" for nothing. It raises a `Problem`, OSError or `dialogue.Problem` if
            there is no answer in the protocol.
        port: None: it is at `path`.
        path: of a socket, or of what else is looked at.
    """

    protocol: str
    look: tp.Callable[[], str]
    port: int | None = None
    path: str | None = None


@dataclasses.dataclass(frozen=True)
class Tools:
    """What a service is made of: the machine and the state.

    `units` stand in for those of the service manager, by the service's name. `gateway`:
    None, there is none. `observer` tells the control plane what is seen of things.
    """

    layout: layout_lib.Layout
    store: state_lib.Store
    inventory: inventory.Inventory
    fetcher: fetcher.Fetcher
    units: tp.Mapping[str, unit_lib.Unit] = dataclasses.field(default_factory=dict)
    gateway: source.Gateway | None = None
    observer: observer_lib.FactTeller = dataclasses.field(
        default_factory=lambda: observer_lib.FactTeller(None)
    )

    def unit(self, service: str, unit: str, wait: bool = True) -> unit_lib.Unit:
        """Return what runs a service (see `SystemdUnit`)."""
        return self.units.get(service) or unit_lib.SystemdUnit(unit, wait=wait)


class Service(tp.Protocol):
    """One daemon of the node.

    A class that is derived from this one has `needs`, `reads`, `doors` and `attend` for
    nothing, and `files`, `rehearse`, `prepare` and `bring` where nothing is to do.
    Every method may raise a `Problem`, OSError, or KeyError for a user that is missing.
    """

    #: Names the service in reports' reasons and on the disk: a to z.
    name: tp.ClassVar[str]
    #: Names of the services that come before this one.
    needs: tp.ClassVar[tuple[str, ...]] = ()
    #: The collections that it is made of, beside the settings.
    reads: tp.ClassVar[tuple[str, ...]] = ()

    def __init__(self, tools: Tools) -> None:
        """Look at nothing yet."""

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether an instance in this state has the service at all."""

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return what of the state the service depends on.

        A failure counts for all states that have this part in common.
        """

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the files of the service; pure, nothing is made yet."""
        return {}

    def rehearse(self, state: payload_lib.Payload) -> None:
        """Try the state before it replaces the one in service.

        Raises:
            RehearsalFailed: it must not.
        """

    def prepare(self, state: payload_lib.Payload) -> None:
        """Put the files in place at boot, before any service is started.

        Raises:
            RehearsalFailed: the old configuration stays; all else is in place.
        """

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Put the files in place, and bring the running daemon to them.

        Starts from whatever is there. `previous` is what the service had before.

        Raises:
            Refused: the daemon did not take it, and `previous` is in service again.
        """

    def health(self, state: payload_lib.Payload) -> Health:
        """Return what is in service, found by speaking the protocol.

        Of a state that does not want the service: whether something is left of it.
        """

    def doors(self, state: payload_lib.Payload) -> tuple[Door, ...]:
        """Return where the service answers, of a state that wants it.

        Cheap, nobody is asked yet: each is looked at in a thread of its own.
        """
        return ()

    def retire(self, seconds: float) -> bool:
        """Stop the service and remove all that it has; return whether it had anything.

        It is cheap if it has nothing: each pass does so that does not want the service.
        """

    def attend(self) -> None:
        """Do what is due in each pass, whatever has changed."""


#: How a service is made; its class is one.
Maker = tp.Callable[[Tools], Service]
