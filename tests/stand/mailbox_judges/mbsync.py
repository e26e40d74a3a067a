# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""mbsync (isync): keeps a mailbox and a Maildir the same, both ways, by IMAP."""

import re

from tests.stand.mailbox_judges import place

#: Sections end with an empty line.
_SETTINGS = """\
IMAPAccount far
Host {host}
User {address}
Pass {password}
SSLType {type}
AuthMechs {mechanism}
SystemCertificates no
CertificateFile {ca}

IMAPStore far
Account far

MaildirStore near
Path {seen}/near/
Inbox {seen}/near/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
Sync All
SyncState *
"""
#: What it says to fetch, and to store, a message.
_TRANSFER = re.compile(r">>> \d+ (?:UID FETCH .*BODY\.PEEK\[\]|APPEND )")
_WORDS = place.Words(
    login="AUTHENTICATIONFAILED",
    certificate="SSL error connecting",
    clear="server supports no acceptable authentication mechanism",
)


def read(job: place.Job, box: place.Box) -> place.Reading:
    """Bring the mailbox and the Maildir of the job together; return the inbox."""
    (job.files / "near").mkdir(exist_ok=True)
    text = _SETTINGS.format(
        host=box.host,
        address=box.address,
        password=box.password,
        type="IMAPS" if box.tls else "None",
        mechanism="*" if box.tls else "LOGIN",
        ca=box.ca_seen,
        seen=job.seen,
    )
    status, said = job.run("mbsync", "-Dn", "-c", job.write("rc", text), "-a")
    ids = place.in_maildir(job.files / "near/INBOX")
    return place.Reading(ids, place.refusal(status, said, _WORDS), said)


def file(job: place.Job, box: place.Box, message_id: str, folder: str) -> place.Reading:
    """Move a message to a new folder in the Maildir, and bring both together."""
    near = job.files / "near"
    place.move(near / "INBOX", near / folder, message_id)
    return read(job, box)


def transfers(reading: place.Reading) -> int:
    """Return how many messages went over the line, in either direction."""
    return len(_TRANSFER.findall(reading.said))
