# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""fetchmail: fetches mail, by IMAP or by POP3."""

from tests.stand.mailbox_judges import place

_SETTINGS = """\
poll {host} protocol {protocol} auth password
user "{address}" password "{password}" {tls}
keep fetchall mda "cat > {seen}/new/$$"
"""
_TLS = 'ssl sslcertck sslcertfile "{ca}" sslcertpath "/nonexistent"'
_WORDS = place.Words(
    login="Authorization failure",
    certificate="Server certificate verification error",
    clear="server forbids it|Plaintext authentication disallowed",
)


def read(job: place.Job, box: place.Box, protocol: str = "imap") -> place.Reading:
    """Fetch all that is there and leave it there.

    Args:
        protocol: `imap` or `pop3`.
    """
    (job.files / "new").mkdir(exist_ok=True)
    tls = _TLS.format(ca=box.ca_seen) if box.tls else "sslproto ''"
    text = _SETTINGS.format(
        host=box.host,
        protocol=protocol,
        address=box.address,
        password=box.password,
        tls=tls,
        seen=job.seen,
    )
    settings = job.write("rc", text)
    argv = ("fetchmail", "-v", "-f", settings, "--pidfile", f"{job.seen}/pid")
    status, said = job.run(*argv)
    # 1: there is no mail.
    refusal = place.refusal(0 if status == 1 else status, said, _WORDS)
    return place.Reading(place.in_maildir(job.files), refusal, said)
