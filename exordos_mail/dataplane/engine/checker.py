# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A daemon's own judgement of a configuration that is to replace the one in service."""

import subprocess
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import service, trial

_TIMEOUT = 10.0  # seconds
_REASON_MAX = 200


def _first(lines: tp.Sequence[str]) -> str:
    return next(iter(lines), "")


def check(
    daemon: str,
    command: tp.Sequence[str],
    user: str,
    layout: layout_lib.Layout,
    told: tp.Callable[[tp.Sequence[str]], str] = _first,
) -> None:
    """Run a daemon's checker as its user, without any right.

    Args:
        daemon: its name, for the reason.
        command: the checker and its arguments, absolute paths.
        user: of the daemon; its group has the same name.
        layout: knows the ids of users and groups.
        told: finds the reason in the lines that it writes.

    Raises:
        RehearsalFailed: it refuses the configuration, or does not end in time.
    """
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            [*trial.without_rights(user, user, layout), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
            cwd="/",
            env=trial.ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        text = f"{daemon} does not judge the configuration in {_TIMEOUT:.0f} s"
        raise service.RehearsalFailed(text) from None
    if done.returncode:
        reason = told(done.stdout.splitlines())[:_REASON_MAX] or "no reason given"
        raise service.RehearsalFailed(f"{daemon} refuses the configuration: {reason}")
