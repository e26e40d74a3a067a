# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Steps of an agent that is killed, each in a process of its own.

They are forked off a process that has no threads: a lock that another thread holds
at a fork (of OpenSSL, the resolver, subprocess) is held in the child for ever.
"""

import contextlib
import importlib
import json
import os
import re
import subprocess
import sys
import typing as tp

import pytest

KILLED = 137
_CHANGES = ("replace", "unlink", "mkdir", "rmdir")
_ORDERS = ("reload", "restart", "stop")
_UNLINK = os.unlink
# Of the 64 lookup files of accounts these stand for all.
_LIKE_ANOTHER = re.compile(r"/passwd/\.?[1-6][0-9]\.cdb")
_BOOT = f"""
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from {__name__} import serve
serve()
"""


class Killing:
    """Orders to the process that forks; a context manager."""

    def __enter__(self) -> "Killing":
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: tp.Any) -> None:
        self._process.communicate()

    def before(self, count: int, step: str, *arguments: tp.Any) -> bool:
        """Run a step that is killed before its n-th change; return whether it was.

        Args:
            count: n, of the changes of the file system and the orders to exim.
            step: the method of the node's engine.
            arguments: of the method, as JSON has them.
        """
        return self._order(count=count, step=step, arguments=arguments)

    def at(self, module: str, function: str, *arguments: tp.Any) -> bool:
        """Converge, killed when it calls a function; return whether it was."""
        moment = [module, function]
        return self._order(moment=moment, step="converge", arguments=arguments)

    def _order(self, **order: tp.Any) -> bool:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status in (0, KILLED)
        return status == KILLED


@pytest.fixture(scope="module")
def killed_child() -> tp.Iterator[Killing]:
    """What runs a step until it is killed."""
    with Killing() as killed_child:
        yield killed_child


def serve() -> None:
    """Carry the orders out, until there are no more of them."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from tests.integration.exim import fixtures

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_carry_out(fixtures.new_machine(), **json.loads(line)))
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.write(f"{status}\n")
        answers.flush()


def _carry_out(
    machine: tp.Any,
    step: str,
    arguments: list[tp.Any],
    count: int = 0,
    moment: tp.Sequence[str] = (),
) -> int:
    with contextlib.suppress(BaseException):
        if moment:
            module = importlib.import_module(moment[0])
            setattr(module, moment[1], lambda *args: os._exit(KILLED))
        else:
            _exit_before(count, machine.supervisor)
        getattr(machine.node, step)(*arguments)
        return 0
    return 1


def _exit_before(count: int, supervisor: tp.Any) -> None:
    """Make this process exit before its n-th change.

    The trial runs are left out: their files are private.
    """
    from exordos_mail.dataplane.services.exim import rehearsal

    left = [count]

    def counted(real: tp.Callable[..., tp.Any]) -> tp.Callable[..., tp.Any]:
        def change(*args: tp.Any, **kwargs: tp.Any) -> tp.Any:
            if real is _UNLINK and not os.path.lexists(args[0]):
                return real(*args, **kwargs)
            if not (args and _LIKE_ANOTHER.search(str(args[-1]))):
                left[0] -= 1
            if left[0] == 0:
                os._exit(KILLED)
            return real(*args, **kwargs)

        return change

    rehearsal.rehearse = lambda *args: None  # type: ignore[assignment]
    for name in _CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    for name in _ORDERS:
        setattr(supervisor, name, counted(getattr(supervisor, name)))
