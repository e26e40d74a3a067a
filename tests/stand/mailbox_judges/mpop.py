# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""mpop: fetches mail by POP3, with the list of what it has had (UIDL)."""

from tests.stand.mailbox_judges import place

_SETTINGS = """\
account all
host {host}
port {port}
tls {tls}
tls_starttls off
tls_trust_file {ca}
user {address}
password {password}
auth {auth}
keep {keep}
delivery mbox {seen}/mbox
uidls_file {seen}/uidls
"""
_WORDS = place.Words(
    login="authentication failed",
    certificate="certificate",
    clear="server does not support authentication method",
)


def read(job: place.Job, box: place.Box, keep: bool = True) -> place.Reading:
    """Fetch what this job has not had yet; return all that it has had.

    Args:
        keep: False deletes it at the server.
    """
    text = _SETTINGS.format(
        host=box.host,
        port=995 if box.tls else 110,
        tls="on" if box.tls else "off",
        ca=box.ca_seen,
        address=box.address,
        password=box.password,
        auth="user" if box.tls else "plain",
        keep="on" if keep else "off",
        seen=job.seen,
    )
    status, said = job.run("mpop", "-C", job.write("rc", text), "-a")
    refusal = place.refusal(status, said, _WORDS)
    return place.Reading(place.in_mbox(job.files / "mbox"), refusal, said)
