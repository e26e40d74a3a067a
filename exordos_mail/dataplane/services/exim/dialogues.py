# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The dialogues that a private exim must hold as it should.

Each raises RehearsalFailed for a wrong answer, and what smtplib raises for a
dialogue that breaks off.
"""

import contextlib
import secrets
import smtplib

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import service, trial
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import probe

_DIALOGUE_TIMEOUT = 60.0  # seconds for all of one
#: The one account of a trial. Short, so that it fits before a long domain.
ACCOUNT = "r"
_NOBODY = "n"
_FOREIGN = "someone@relay.invalid"  # RFC 2606: never a real domain


def _dialogue(port: int, tls: bool = False) -> smtplib.SMTP:
    return probe.connect(port, tls, _DIALOGUE_TIMEOUT)


def check_relay_port(private: layout_lib.Layout) -> None:
    """Port 25 offers no login and relays nothing."""
    with contextlib.closing(_dialogue(private.smtp_port)) as smtp:
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 25 before TLS")
        smtp.starttls(context=probe.tls_context())
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 25")
        _expect(smtp.mail(_FOREIGN), 250, "a sender on port 25")
        _expect(smtp.rcpt(_FOREIGN), 550, "relaying on port 25")


def check_unknown_user(private: layout_lib.Layout, spec: spec_lib.MailSpec) -> None:
    """Port 25 refuses a user of the domain that does not exist."""
    with contextlib.closing(_dialogue(private.smtp_port)) as smtp:
        smtp.ehlo("localhost")
        _expect(smtp.mail(_FOREIGN), 250, "a sender on port 25")
        _expect(smtp.rcpt(address_of(_NOBODY, spec)), 550, "an unknown user")


def check_mailbox(private: layout_lib.Layout, spec: spec_lib.MailSpec) -> None:
    """Port 25 puts mail for a mailbox off while nobody tells whether it has room."""
    with contextlib.closing(_dialogue(private.smtp_port)) as smtp:
        smtp.ehlo("localhost")
        _expect(smtp.mail(_FOREIGN), 250, "a sender on port 25")
        _expect(smtp.rcpt(address_of(ACCOUNT, spec)), 451, "a mailbox out of reach")


def check_submission_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str
) -> None:
    """Port 587 wants TLS, the right login, and the account's own sender."""
    sender = address_of(ACCOUNT, spec)
    with contextlib.closing(_dialogue(private.submission_port)) as smtp:
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 587 before TLS")
        smtp.starttls(context=probe.tls_context())
        smtp.ehlo("localhost")
        _expect(smtp.mail(sender), 530, "a sender without a login")
        _expect_login(smtp, sender, secrets.token_urlsafe(24), False)
        _expect_login(smtp, sender, password, True)
        _expect(smtp.mail(_FOREIGN), 550, "a sender that is not the account's")
        # Refused and accepted content, so that every check on content has run.
        forged = f"From: {_FOREIGN}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, forged), 550, "a foreign From:")
        honest = f"From: {sender}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, honest), 250, "an honest message")


def check_tls_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str
) -> None:
    """Port 465 takes the right login."""
    with contextlib.closing(_dialogue(private.submissions_port, tls=True)) as smtp:
        smtp.ehlo("localhost")
        _expect_login(smtp, address_of(ACCOUNT, spec), password, True)


def check_send_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str, secret: str
) -> None:
    """The send service's port takes its secret, and no account's."""
    account = address_of(ACCOUNT, spec)
    with contextlib.closing(_dialogue(private.send_port)) as smtp:
        smtp.ehlo("localhost")
        _expect(smtp.mail(account), 530, "a sender without a login")
        _expect_login(smtp, account, password, False)
        _expect_login(smtp, c.SEND_SMTP_USER, secrets.token_urlsafe(24), False)
        _expect_login(smtp, c.SEND_SMTP_USER, secret, True)
        _expect(smtp.mail(_FOREIGN), 550, "a sender of another domain")
        # Nobody has this address, and it is of the domain.
        sender = address_of(_NOBODY, spec)
        honest = f"From: {sender}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, honest), 250, "an honest message")


def address_of(username: str, spec: spec_lib.MailSpec) -> str:
    """Return the address of a user."""
    return f"{username}@{spec.domain}"


def _submit(smtp: smtplib.SMTP, address: str, message: str) -> tuple[int, bytes]:
    _expect(smtp.mail(address), 250, "the account's own sender")
    _expect(smtp.rcpt(_FOREIGN), 250, "a recipient of an account")
    return smtp.data(message)


def _expect(answer: tuple[int, bytes], code: int, what: str) -> None:
    if answer[0] != code:
        text = answer[1].decode("ascii", "replace")
        raise service.RehearsalFailed(
            f"exim answered {answer[0]} to {what}, not {code}: {trial.one_line(text)}"
        )


def _expect_login(
    smtp: smtplib.SMTP, login: str, password: str, accepted: bool
) -> None:
    smtp.user, smtp.password = login, password
    try:
        code, _ = smtp.auth("PLAIN", smtp.auth_plain)
    except smtplib.SMTPAuthenticationError as exc:
        code = exc.smtp_code
    wanted = 235 if accepted else 535
    if code != wanted:
        kind = "right" if accepted else "wrong"
        raise service.RehearsalFailed(
            f"exim answered {code} to a {kind} password, not {wanted}"
        )


def _refuse_auth_offer(smtp: smtplib.SMTP, where: str) -> None:
    if smtp.has_extn("auth"):
        raise service.RehearsalFailed(f"exim offers AUTH on {where}")
