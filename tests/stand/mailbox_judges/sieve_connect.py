# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""sieve-connect: puts scripts that file mail, by ManageSieve (RFC 5804)."""

from tests.stand.mailbox_judges import library, place

_WORDS = place.Words("Authentication refused|authentication failed", "certificate")


def put(job: place.Job, box: place.Box, name: str, script: str) -> place.Reading:
    """Put a script and have it run for what arrives from now on."""
    local = job.write("script", script)
    status, said = _connect(
        job, box, "--upload", "--localsieve", local, "--remotesieve", name
    )
    if status == 0:
        status, more = _connect(job, box, "--activate", "--remotesieve", name)
        said += more
    return place.Reading((), place.refusal(status, said, _WORDS), said)


def names(job: place.Job, box: place.Box) -> place.Reading:
    """Log in and ask for the names of the scripts.

    It takes no login without TLS: that is asked with another program.
    """
    if not box.tls:
        return library.MANAGESIEVE.read(job, box)
    status, said = _connect(job, box, "--list")
    return place.Reading((), place.refusal(status, said, _WORDS), said)


def _connect(job: place.Job, box: place.Box, *options: str) -> tuple[int, str]:
    where = ("--nosrv", "-s", box.host, "-u", box.address, "--passwordfd", "0")
    argv = ("sieve-connect", *where, "--tlscafile", box.ca_seen, *options)
    return job.run(*argv, given=f"{box.password}\n")
