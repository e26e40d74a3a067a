# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to the running daemon, in Postfix's socketmap protocol, as exim's are."""

import pathlib
import socket

from exordos_mail.dataplane.engine import deadline, service

_TIMEOUT = 1.0  # seconds; this question is answered without a look at the DNS
_MOST = 1024
# No domain begins with a dot, so that none is looked up.
_QUESTION, _ANSWER = b"7:exim .x,", b"9:NOTFOUND ,"


class PoliciesSilent(service.Problem):
    """The daemon does not answer as it should."""


def check(path: pathlib.Path) -> None:
    """Ask for the policy of what is no domain.

    Raises:
        PoliciesSilent: it is not answered.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        answer = b""
        try:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            with deadline.Deadline(_TIMEOUT, lambda: connection):
                connection.sendall(_QUESTION)
                connection.shutdown(socket.SHUT_WR)
                while len(answer) < _MOST and (part := connection.recv(_MOST)):
                    answer += part
        except (FileNotFoundError, ConnectionRefusedError):
            raise PoliciesSilent("the MTA-STS daemon does not run") from None
        except OSError:
            raise PoliciesSilent("the MTA-STS daemon does not answer") from None
    if answer != _ANSWER:
        raise PoliciesSilent("the MTA-STS daemon does not answer as it should")
