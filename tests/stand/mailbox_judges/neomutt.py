# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""neomutt: a person's mail program at a terminal, here without a person."""

import shlex

from tests.stand.mailbox_judges import place

_SETTINGS = """\
set ssl_force_tls={tls} ssl_starttls=no ssl_verify_host=yes
set ssl_ca_certificates_file={ca}
set imap_user="{address}" imap_pass="{password}"
set folder=imaps://{host}/ record= postponed= header_cache=
set confirmappend=no confirmcreate=no delete=yes quit=yes move=no wait_key=no
set mail_check=0 sleep_time=0 certificate_file=/dev/null
push '{keys}'
"""
_WORDS = place.Words(
    login="AUTHENTICATIONFAILED",
    certificate="This certificate was issued by",
    clear="PRIVACYREQUIRED",
)
_REJECT = "r"
_READ = "<tag-pattern>~A<enter><tag-prefix><copy-message>{seen}/mbox<enter>"
_EXIT = "<sync-mailbox><exit>"


def read(job: place.Job, box: place.Box) -> place.Reading:
    """Copy each message of the inbox into a file."""
    return _drive(job, box, _READ.format(seen=job.seen))


def file(job: place.Job, box: place.Box, message_id: str, folder: str) -> place.Reading:
    """Move a message of the inbox to a folder."""
    limit = f'<tag-pattern>"~i {message_id.strip("<>")}"<enter>'
    return _drive(job, box, f"{limit}<tag-prefix><save-message>={folder}<enter>")


def _drive(job: place.Job, box: place.Box, keys: str) -> place.Reading:
    text = _SETTINGS.format(
        host=box.host,
        address=box.address,
        password=box.password,
        tls="yes" if box.tls else "no",
        ca=box.ca_seen,
        keys=keys + _EXIT,
    )
    scheme = "imaps" if box.tls else "imap"
    url = f"{scheme}://{box.host}/INBOX"
    command = shlex.join(["neomutt", "-n", "-F", job.write("rc", text), "-f", url])
    argv = ("env", "TERM=xterm", "script", "-qec", command, "/dev/null")
    _, said = job.run(*argv, given=_REJECT)
    # Its status is 0 as soon as it has drawn a screen.
    is_open = "Unable to open mailbox" not in said
    ids = place.in_mbox(job.files / "mbox")
    return place.Reading(ids, place.refusal(int(not is_open), said, _WORDS), said)
