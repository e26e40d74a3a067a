# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The README's walk through the send service, in a network without others.

The port of the README is everybody's, so this runs as a program of its own:
`unshare --net python -m tests.integration.send.readme_walk HOME`.
"""

import pathlib
import shlex
import subprocess
import sys

import httpx

from tests.integration.send.service import CLIENT, PROGRAM
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

README = pathlib.Path(__file__).parents[3] / "README.md"
SERVICE = "http://127.0.0.1:8025"


def commands() -> list[str]:
    """Return the commands of the section, as they stand."""
    _, _, section = README.read_text().partition("## Send mail by HTTP\n")
    block = section.partition("```bash\n")[2].partition("```\n")[0]
    lines = block.replace("\\\n", " ").splitlines()
    return [line for line in lines if line]


def install(home: pathlib.Path) -> dict[str, str]:
    """Return the environment of a user who has the two programs and nothing else."""
    directory = home / "bin"
    directory.mkdir()
    for name, command in (("exordos-mail-send", PROGRAM), ("exordos-mail", CLIENT)):
        program = directory / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        program.chmod(0o755)
    return {"HOME": str(home), "PATH": f"{directory}:/usr/bin:/bin"}


def listening() -> bool:
    """Tell whether the service answers."""
    try:
        return httpx.get(f"{SERVICE}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def walk(home: pathlib.Path, sink: Sink) -> None:
    """Do what the README says, and see that it comes true."""
    environment = install(home)
    get, serve, *rest = commands()
    assert get == "make wheel && pip install dist/exordos_mail_send-*.whl"
    program, background, _ = serve.partition("&")
    assert background
    serve = program.replace("mail.example.com:25", f"127.0.0.1:{sink.port}")
    assert serve != program
    *submit, events = rest
    running = subprocess.Popen(["bash", "-c", f"exec {serve}"], env=environment)
    try:
        waiting.until(listening, "the service to listen where the README says")
        script = "\n".join(["set -eu -o pipefail", *submit])
        subprocess.run(["bash", "-c", script], env=environment, check=True)
        assert "Sent by HTTP." in sink.wait_for(1)[0].text
        following = subprocess.Popen(
            ["bash", "-c", f"exec {events}"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert following.stdout is not None
        seen = [following.stdout.readline().split()[2] for _ in range(2)]
        following.terminate()
        following.wait()
        assert seen == ["accepted", "sent"]
    finally:
        running.terminate()
        running.wait(60)


def main() -> None:
    """Walk with a mail server in the same network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    sink = Sink()
    sink.start()
    try:
        walk(pathlib.Path(sys.argv[1]), sink)
    finally:
        sink.close()


if __name__ == "__main__":
    main()
