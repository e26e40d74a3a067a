# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""offlineimap: keeps a mailbox and a Maildir the same, as mbsync, by other code."""

from tests.stand.mailbox_judges import place

_SETTINGS = """\
[general]
accounts = all
metadata = {seen}/state
[Account all]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {seen}/near
[Repository far]
type = IMAP
remotehost = {host}
remoteport = {port}
remoteuser = {address}
remotepass = {password}
ssl = {ssl}
starttls = no
sslcacertfile = {ca}
"""
_WORDS = place.Words(
    login="AUTHENTICATIONFAILED",
    certificate="CERTIFICATE_VERIFY_FAILED",
    clear="IMAP LOGIN is disabled by server",
)


def read(job: place.Job, box: place.Box) -> place.Reading:
    """Bring the mailbox and the Maildir of the job together; return the inbox."""
    text = _SETTINGS.format(
        host=box.host,
        port=993 if box.tls else 143,
        address=box.address,
        # A percent sign would begin the name of a setting.
        password=box.password.replace("%", "%%"),
        ssl="yes" if box.tls else "no",
        ca=box.ca_seen,
        seen=job.seen,
    )
    settings = job.write("rc", text)
    status, said = job.run("offlineimap", "-c", settings, "-o", "-u", "basic")
    ids = place.in_maildir(job.files / "near/INBOX")
    return place.Reading(ids, place.refusal(status, said, _WORDS), said)


def file(job: place.Job, box: place.Box, message_id: str, folder: str) -> place.Reading:
    """Move a message to a new folder in the Maildir, and bring both together."""
    near = job.files / "near"
    place.move(near / "INBOX", near / folder, message_id)
    return read(job, box)


def transfers(reading: place.Reading) -> int:
    """Return how many messages went over the line, in either direction."""
    return reading.said.count("Copy message ")
