# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How Dovecot's sockets are asked."""

import pathlib
import socket

import pytest

from exordos_mail.dataplane.services.dovecot import probe


def test_a_socket_where_many_wait_is_waited_for(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, heard = tmp_path / "lmtp", []
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as one:
        server.bind(str(path))
        server.listen(0)
        # One waits, and there is no room for another.
        one.connect(str(path))
        monkeypatch.setattr(
            probe.time, "sleep", lambda _: heard.append(server.accept())
        )
        with probe._at_socket(path, "LMTP"):
            assert len(heard) == 1
        heard[0][0].close()


def test_a_socket_that_nobody_listens_at_is_silent(tmp_path: pathlib.Path) -> None:
    with (
        pytest.raises(probe.DovecotSilent, match="LMTP socket does not answer"),
        probe._at_socket(tmp_path / "lmtp", "LMTP"),
    ):
        pass
