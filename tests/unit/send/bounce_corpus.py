# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounces as six mail servers write them, of twelve causes each.

What four of these servers have really written is in bounces/.

Forms: exim 4.96 (src/deliver.c), Postfix 3.7 (bounce(8)), OpenSMTPD 6.8
(smtpd/bounce.c), sendmail 8.17 (savemail.c), Exchange 2019, qmail 1.03 (qmail-send.c,
plain text).
"""

import pathlib
import typing as tp

from exordos_mail.send.bounces import classes

ID = "0198c0de-0000-7000-8000-000000000001"
ADDRESS = "ann@example.net"
HOST = "mx.example.net"
#: Bounces of real servers, by what they are of (bounces/README.md).
REAL = {
    path.stem: path.read_bytes()
    for path in sorted(pathlib.Path(__file__).with_name("bounces").glob("*.eml"))
}


class Cause(tp.NamedTuple):
    """Why a server refuses, and the class of it."""

    name: str
    code: int
    enhanced: str
    text: str
    class_: str


CAUSES = (
    Cause("unknown", 550, "5.1.1", "User unknown", classes.RECIPIENT),
    Cause("disabled", 550, "5.2.1", "Mailbox is disabled", classes.RECIPIENT),
    Cause("no domain", 550, "5.1.2", "No such domain", classes.RECIPIENT),
    Cause("full", 552, "5.2.2", "Mailbox full", classes.MAILBOX_FULL),
    Cause("policy", 550, "5.7.1", "Not accepted here", classes.POLICY),
    Cause("dmarc", 550, "5.7.26", "Fails DMARC", classes.POLICY),
    Cause("listed", 554, "5.7.1", "Blocked using zen.spamhaus.org", classes.REPUTATION),
    # What some servers make of a list of bad senders.
    Cause("lying", 550, "5.1.1", "Host is on our blacklist", classes.REPUTATION),
    Cause("spam", 554, "5.7.1", "Message looks like spam", classes.CONTENT),
    Cause("large", 552, "5.3.4", "Message size exceeds limit", classes.CONTENT),
    Cause("rate", 550, "5.7.28", "Unusual rate of mail", classes.RATE),
    Cause("loop", 554, "5.4.6", "Too many hops", classes.INFRASTRUCTURE),
)


def _reply(cause: Cause) -> str:
    return f"{cause.code} {cause.enhanced} {cause.text}"


def _returned() -> str:
    return (
        f"From: sender@example.com\nTo: {ADDRESS}\nSubject: A test\n"
        f"Message-ID: <{ID}@example.com>\nX-Exordos-Mail-ID: {ID}\n"
    )


def _head(sender: str, more: str) -> str:
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: sender@example.com\n"
        "Date: Sat, 28 Nov 2026 10:00:00 +0000\nMessage-ID: <E1x@mta.example.com>\n"
        f"MIME-Version: 1.0\n{more}"
    )


def _parts(boundary: str, *found: tuple[str, str]) -> str:
    inside = "".join(
        f"\n--{boundary}\nContent-Type: {kind}\n\n{text}" for kind, text in found
    )
    return f"{inside}\n--{boundary}--\n"


def exim(cause: Cause) -> str:
    """Return exim's: Status is always 5.0.0, and Action comes first."""
    text = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {ADDRESS}\n    host {HOST} [192.0.2.1]\n    SMTP error from remote mail"
        f" server after RCPT TO:<{ADDRESS}>:\n    {_reply(cause)}\n"
    )
    status = (
        "Reporting-MTA: dns; mta.example.com\n\nAction: failed\n"
        f"Final-Recipient: rfc822;{ADDRESS}\nStatus: 5.0.0\n"
        f"Remote-MTA: dns; {HOST}\nDiagnostic-Code: smtp; {_reply(cause)}\n"
    )
    head = _head(
        "Mail Delivery System <Mailer-Daemon@mta.example.com>",
        f"X-Failed-Recipients: {ADDRESS}\nAuto-Submitted: auto-replied\n"
        "Content-Type: multipart/report; report-type=delivery-status;"
        " boundary=1696000000-eximdsn-1\nSubject: Mail delivery failed\n",
    )
    return head + _parts(
        "1696000000-eximdsn-1",
        ("text/plain; charset=us-ascii", text),
        ("message/delivery-status", status),
        ("text/rfc822-headers", _returned()),
    )


def postfix(cause: Cause) -> str:
    """Return Postfix's: both recipients, and the reply in the text."""
    text = (
        "This is the mail system at host mta.example.com.\n\n"
        "I'm sorry to have to inform"
        " you that your message could not\nbe delivered to one or more recipients.\n\n"
        f"<{ADDRESS}>: host {HOST}[192.0.2.1] said: {_reply(cause)} (in reply to RCPT"
        " TO command)\n"
    )
    status = (
        "Reporting-MTA: dns; mta.example.com\nX-Postfix-Queue-ID: 4Sx\n\n"
        f"Final-Recipient: rfc822; {ADDRESS}\nOriginal-Recipient: rfc822;{ADDRESS}\n"
        f"Action: failed\nStatus: {cause.enhanced}\nRemote-MTA: dns; {HOST}\n"
        f"Diagnostic-Code: smtp; {_reply(cause)}\n"
    )
    head = _head(
        "MAILER-DAEMON@mta.example.com (Mail Delivery System)",
        "Auto-Submitted: auto-replied\nContent-Type: multipart/report;"
        ' report-type=delivery-status;\n\tboundary="4Sx.170/mta.example.com"\n'
        "Subject: Undelivered Mail Returned to Sender\n",
    )
    return head + _parts(
        "4Sx.170/mta.example.com",
        ("text/plain; charset=us-ascii\nContent-Description: Notification", text),
        ("message/delivery-status", status),
        ("message/rfc822", f"{_returned()}\nHello.\n"),
    )


def opensmtpd(cause: Cause) -> str:
    """Return OpenSMTPD's: multipart/mixed, 5.0.0 for everything, no reply in it."""
    text = (
        "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n"
        "\n"
        "    An error has occurred while attempting to deliver a message for\n"
        f"    the following list of recipients:\n\n{ADDRESS}: {_reply(cause)}\n\n"
        "    Below is a copy of the original message:\n"
    )
    status = (
        "Reporting-MTA: dns; mta.example.com\n\n"
        f"Final-Recipient: rfc822; {ADDRESS}\nAction: failed\nStatus: 5.0.0\n"
    )
    head = _head(
        "Mailer Daemon <MAILER-DAEMON@mta.example.com>",
        'Content-Type: multipart/mixed;boundary="123/mta.example.com"\n'
        "Subject: Delivery status notification: failed\n",
    )
    return head + _parts(
        "123/mta.example.com",
        ("text/plain; charset=us-ascii", text),
        ("message/delivery-status", status),
        ("text/rfc822-headers", f"{_returned()}\nHello.\n"),
    )


def sendmail(cause: Cause) -> str:
    """Return sendmail's: the type of the diagnostic code in capitals."""
    text = (
        "The original message was received at Sat, 28 Nov 2026 10:00:00 GMT\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<{ADDRESS}>\n    (reason: {_reply(cause)})\n\n"
        "   ----- Transcript of session follows -----\n"
        f"... while talking to {HOST}.:\n>>> RCPT To:<{ADDRESS}>\n<<< {_reply(cause)}\n"
    )
    status = (
        "Reporting-MTA: dns; mta.example.com\nArrival-Date: Sat, 28 Nov 2026 10:00:00"
        f" GMT\n\nFinal-Recipient: RFC822; {ADDRESS}\nAction: failed\n"
        f"Status: {cause.enhanced}\nRemote-MTA: DNS; {HOST}\n"
        f"Diagnostic-Code: SMTP; {_reply(cause)}\n"
    )
    head = _head(
        "Mail Delivery Subsystem <MAILER-DAEMON@mta.example.com>",
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        '        boundary="x1.170/mta.example.com"\n'
        "Subject: Returned mail: see transcript for details\n"
        "Auto-Submitted: auto-generated (failure)\n",
    )
    return head + _parts(
        "x1.170/mta.example.com",
        ("text/plain", text),
        ("message/delivery-status", status),
        ("message/rfc822", f"{_returned()}\nHello.\n"),
    )


def exchange(cause: Cause) -> str:
    """Return Exchange's: HTML beside the text, In-Reply-To, base64."""
    text = (
        f"Delivery has failed to these recipients or groups:\n\n{ADDRESS}\n"
        "Your message couldn't be delivered.\n\nDiagnostic information for"
        f" administrators:\n\nGenerating server: mta.example.com\n\n{ADDRESS}\n"
        f"Remote Server returned '{_reply(cause)}'\n"
    )
    status = (
        "Reporting-MTA: dns;mta.example.com\nReceived-From-MTA: dns;x.example.com\n\n"
        f"Final-Recipient: rfc822;{ADDRESS}\nAction: failed\n"
        f"Status: {cause.enhanced}\nDiagnostic-Code: smtp;{_reply(cause)}\n"
        f"Remote-MTA: dns;{HOST}\nX-Display-Name: Ann\n"
    )
    head = _head(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.com>",
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        '\tboundary="_000_x_"\nSubject: =?utf-8?Q?Undeliverable=3A_A_test?=\n'
        f"In-Reply-To: <{ID}@example.com>\nAuto-Submitted: auto-replied\n",
    )
    return head + _parts(
        "_000_x_",
        ("text/plain; charset=us-ascii", text),
        ("message/delivery-status", status),
        ("message/rfc822", f"{_returned()}\nHello.\n"),
    )


def qmail(cause: Cause) -> str:
    """Return qmail's: a text for people and nothing else."""
    head = _head("MAILER-DAEMON@mta.example.com", "Subject: failure notice\n")
    return (
        f"{head}\nHi. This is the qmail-send program at mta.example.com.\nI'm afraid I"
        " wasn't able to deliver your message to the following addresses.\nThis is a"
        f" permanent error; I've given up. Sorry it didn't work out.\n\n<{ADDRESS}>:\n"
        f"192.0.2.1 does not like recipient.\n"
        f"Remote host said: {_reply(cause)}\nGiving up"
        " on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <sender@example.com>\n{_returned()}\nHello.\n"
    )


#: By the server's name; what qmail says is a guess.
STYLES: tp.Mapping[str, tp.Callable[[Cause], str]] = {
    "exim": exim,
    "postfix": postfix,
    "opensmtpd": opensmtpd,
    "sendmail": sendmail,
    "exchange": exchange,
    "qmail": qmail,
}


def letter(style: str, cause: Cause, message_id: str = ID) -> bytes:
    """Return a bounce with CRLF, of the message with this id."""
    text = STYLES[style](cause).replace(ID, message_id)
    return text.replace("\n", "\r\n").encode()


def complaint(
    *more: str, kind: str = "abuse", message_id: str = ID, returned: bool = True
) -> bytes:
    """Return a complaint (RFC 5965), with more fields in its report."""
    fields = [f"Feedback-Type: {kind}", "User-Agent: Loop/1.0", "Version: 1", *more]
    found = [
        ("text/plain", "This is an abuse report.\n"),
        ("message/feedback-report", "\n".join(fields) + "\n"),
    ]
    if returned:
        found.append(("message/rfc822", f"{_returned()}\nHello.\n"))
    head = _head(
        "feedback@example.net",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="f"\n',
    )
    text = head + _parts("f", *found)
    return text.replace(ID, message_id).replace("\n", "\r\n").encode()
