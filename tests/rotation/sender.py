# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A sender that never stops: numbered messages by submission, over verified TLS."""

import dataclasses
import email.message
import email.utils
import hashlib
import smtplib
import ssl
import threading
import time
import typing as tp

#: Messages of one session; then the next one shakes hands anew.
_OF_A_SESSION = 5
_TIMEOUT = 30  # seconds


@dataclasses.dataclass(frozen=True)
class Login:
    """Who sends, and where.

    Attributes:
        host: name of the node, which its certificate has to have.
        user: address of the account.
        password: of the account.
        trust: what the certificate is verified by.
    """

    host: str
    user: str
    password: str
    trust: ssl.SSLContext


class Sender:
    """Sends until it is told to stop, no more at a time than are judged.

    Args:
        login: who sends, and where.
        recipients: one after the other.
        judged: how many messages have been judged.
        ahead: how many may be on their way.

    Attributes:
        sent: messages that the node has taken.
        faults: what did not go as it should, with the time.
        certificates: SHA-256 of those that were shown.
        longest: seconds of the longest time between two messages that were taken.
    """

    def __init__(
        self,
        login: Login,
        recipients: tp.Sequence[str],
        judged: tp.Callable[[], int],
        ahead: int = 20,
    ) -> None:
        self.sent = 0
        self.faults: list[str] = []
        self.certificates: set[str] = set()
        self.longest = 0.0
        self._login, self._recipients = login, recipients
        self._judged, self._ahead = judged, ahead
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Sender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(2 * _TIMEOUT)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._session()
            except (OSError, smtplib.SMTPException) as error:
                moment = time.strftime("%H:%M:%S")
                self.faults.append(f"{moment} {type(error).__name__}: {error}")
                self._ended.wait(0.1)

    def _session(self) -> None:
        login = self._login
        with smtplib.SMTP_SSL(
            login.host, 465, timeout=_TIMEOUT, context=login.trust
        ) as session:
            assert isinstance(session.sock, ssl.SSLSocket)
            shown = session.sock.getpeercert(binary_form=True) or b""
            self.certificates.add(hashlib.sha256(shown).hexdigest())
            session.login(login.user, login.password)
            for _ in range(_OF_A_SESSION):
                began = time.monotonic()
                while self.sent - self._judged() >= self._ahead:
                    if self._ended.wait(0.01):
                        return
                waited = time.monotonic() - began
                recipient = self._recipients[self.sent % len(self._recipients)]
                session.send_message(self._message(recipient))
                self.sent += 1
                self.longest = max(self.longest, time.monotonic() - began - waited)

    def _message(self, recipient: str) -> email.message.EmailMessage:
        message = email.message.EmailMessage()
        message["From"] = self._login.user
        message["To"] = recipient
        message["Subject"] = f"Message {self.sent} of a run"
        message["Date"] = email.utils.localtime()
        message["Message-ID"] = f"<{self.sent}@run.invalid>"
        message.set_content(f"Number {self.sent}.\n.\nEnd of it, with a blank. \n")
        return message
