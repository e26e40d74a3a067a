# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Thunderbird as a judge: it is given an address and a password, as by a person.

Run as a program, it asks a Thunderbird that is there and prints what it says as JSON:
that is for the Python that has Mozilla's driver.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import typing as tp

PORT = 2828  # of Marionette, Thunderbird's remote control
WAIT = 90.0  # seconds until it answers; it makes a profile first
_SCRIPT = pathlib.Path(__file__).with_name("files") / "thunderbird.js"
_OPTIONS = "--headless --marionette --remote-allow-system-access"
_SHELL = f"mkdir /tmp/p && exec thunderbird {_OPTIONS} --profile /tmp/p"


def ask(files: pathlib.Path, address: str, password: str) -> dict[str, tp.Any]:
    """Return what Thunderbird says; see files/thunderbird.js.

    Args:
        files: directory with the authority that it is to trust, `authority.pem`.
        address, password: of an account.
    """
    from tests.stand import judges

    root = pathlib.Path(os.environ["EXORDOS_THUNDERBIRD_ROOT"])
    python = pathlib.Path(os.environ["EXORDOS_MARIONETTE"], "bin/python")
    command = judges.command(root, files, "sh", "-c", _SHELL)
    with _running(command, files / "thunderbird.log"):
        done = subprocess.run(
            [python, __file__],
            input=json.dumps([address, password]),
            capture_output=True,
            text=True,
            timeout=240,
        )
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:])
    return dict(json.loads(done.stdout))


@contextlib.contextmanager
def _running(command: tp.Sequence[str], log: pathlib.Path) -> tp.Iterator[None]:
    """Run it until it can be asked, and end all of it afterwards."""
    # With its first process, all of a namespace of processes ends.
    apart = ["unshare", "--pid", "--fork", "--kill-child=KILL", *command]
    with log.open("wb") as stream:
        process = subprocess.Popen(apart, stdout=stream, stderr=stream)
    try:
        _wait(process)
        yield
    finally:
        process.kill()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + WAIT
    while time.monotonic() < end and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", PORT)),
        ):
            return
        time.sleep(0.2)
    raise RuntimeError("Thunderbird does not answer")


def _drive() -> None:
    """Ask the one that runs: [address, password] come by stdin."""
    from marionette_driver import marionette

    client = marionette.Marionette(host="127.0.0.1", port=PORT)
    client.start_session()
    client.set_context("chrome")
    client.timeout.script = 180
    given = json.load(sys.stdin)
    script = _SCRIPT.read_text()
    print(json.dumps(client.execute_async_script(script, given, sandbox=None)))


if __name__ == "__main__":
    _drive()
