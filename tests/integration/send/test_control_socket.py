# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The control socket itself: for its owner only, and always the newest."""

import os
import socket
import stat
import subprocess
import sys

import pytest

from tests.integration.send.conftest import Services
from tests.integration.send.managed import Node
from tests.integration.send.sink import Sink

_OTHER_USER = 65534
_CONNECT = """
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except PermissionError:
    sys.exit(13)
"""


def test_socket_is_for_its_owner_only(node: Node) -> None:
    assert stat.S_IMODE(node.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(node.socket.parent.stat().st_mode) == 0o700
    # Neither by the directory's mode, nor by its own.
    node.base.chmod(0o755)
    for mode in (0o700, 0o755):
        node.socket.parent.chmod(mode)
        found = subprocess.run(
            [sys.executable, "-c", _CONNECT, str(node.socket)], user=_OTHER_USER
        )
        assert found.returncode == 13
    assert node.state()["problem"] is None


def test_socket_of_a_killed_process_is_replaced(node: Node) -> None:
    before = node.socket.stat().st_ino
    node.service.kill()
    assert node.socket.exists()
    node.service.start()
    assert node.socket.stat().st_ino != before
    assert node.state()["problem"] is None


def test_two_processes_do_not_share_a_socket(
    node: Node, services: Services, node_server: Sink
) -> None:
    second = services.on(
        node.service.data, node.service.database, f"--control={node.socket}"
    )
    with pytest.raises(RuntimeError, match="another process listens"):
        second.start()
    assert node.state()["problem"] is None


@pytest.mark.parametrize("there", ["file", "directory", "link"])
def test_what_is_no_socket_stays(
    services: Services, node_server: Sink, there: str
) -> None:
    node = Node(services.new, node_server.port)
    try:
        node.socket.parent.mkdir()
        if there == "file":
            node.socket.write_text("kept")
        elif there == "directory":
            node.socket.mkdir()
        else:
            node.socket.symlink_to("/nowhere")
        with pytest.raises(RuntimeError, match="is no socket"):
            node.service.start()
        assert os.path.lexists(node.socket)
    finally:
        node.close()


def test_request_that_stands_still_holds_up_nobody(node: Node) -> None:
    with socket.socket(socket.AF_UNIX) as stalled:
        stalled.connect(str(node.socket))
        stalled.sendall(b"PUT /v1/managed/tenants/x HTTP/1.1\r\nHost: c\r\n")
        assert node.state()["problem"] is None
