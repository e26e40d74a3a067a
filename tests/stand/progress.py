# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Progress of long steps, and running commands with a log that is kept."""

import os
import pathlib
import subprocess
import sys
import threading
import time
import typing as tp

_START = time.monotonic()
HEARTBEAT = 10.0


class CommandError(RuntimeError):
    """A command of the stand failed; the text names it and ends with its output."""


def say(text: str) -> None:
    """Print one line with the seconds since the program began."""
    print(f"[{time.monotonic() - _START:6.1f}s] {text}", file=sys.stderr, flush=True)


def tail(path: pathlib.Path, lines: int = 15) -> str:
    """Return the last lines of a log, or an empty text when there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


class Step:
    """Context: say what begins, that it still goes on, and how long it took."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._done = threading.Event()

    def _beat(self) -> None:
        while not self._done.wait(HEARTBEAT):
            say(f"  ... {self.title}, {time.monotonic() - self._begin:.0f} s so far")

    def __enter__(self) -> "Step":
        self._begin = time.monotonic()
        say(self.title)
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, kind: tp.Any, value: tp.Any, trace: tp.Any) -> None:
        self._done.set()
        took = time.monotonic() - self._begin
        if kind is not None:
            say(f"FAILED after {took:.1f} s: {self.title}")
        elif took > 3:
            say(f"  done in {took:.1f} s: {self.title}")


def run(
    *argv: str | os.PathLike[str],
    log: pathlib.Path | None = None,
    env: tp.Mapping[str, str] | None = None,
    check: bool = True,
    stdin: str | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command; output goes to the end of ``log``, or is returned without one.

    Raises CommandError, with the end of the output, unless ``check`` is off.
    """
    args = [os.fspath(a) for a in argv]
    if log is None:
        done = subprocess.run(
            args, capture_output=True, text=True, env=env, input=stdin, cwd=cwd
        )
        output = done.stdout + done.stderr
    else:
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a") as stream:
            print("+", *args, file=stream, flush=True)
            done = subprocess.run(
                args,
                stdin=subprocess.DEVNULL if stdin is None else None,
                input=stdin,
                stdout=stream,
                stderr=stream,
                text=True,
                env=env,
                cwd=cwd,
            )
        output = f"(log: {log})\n{tail(log)}"
    if check and done.returncode:
        raise CommandError(f"exit {done.returncode}: {' '.join(args)}\n{output}")
    return done


def until(
    test: tp.Callable[[], tp.Any], seconds: float, what: str, pause: float = 0.05
) -> tp.Any:
    """Poll until ``test`` gives something true and return it; TimeoutError after."""
    end = time.monotonic() + seconds
    while True:
        result = test()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
