# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims of sessions that are open, and of accounts that may not do everything."""

import functools
import secrets
import smtplib
import ssl
import typing as tp

from tests.stand.mailbox_demo.story import Story
from tests.stand.mailbox_judges import library, place, readers, session

#: Seconds from a change of an account until its open session has ended.
ENDS_IN = 10.0


def is_told(story: Story) -> str:
    """An open session is told of a message that arrives (IDLE)."""
    box = story.account("idle")
    story.knows(box)
    waiting = _session(story, box)
    story.write(box)
    took = waiting.wait(session.is_new_message, 30)
    waiting.close()
    return "" if took is not None else "nothing was told in 30 s"


def ends(changes: tp.Mapping[str, tp.Any], story: Story) -> str:
    """An open session ends when its account may not log in any more."""
    box = story.account(f"ends-{secrets.token_hex(3)}")
    story.knows(box)
    waiting = _session(story, box)
    story.change(box, **changes)
    took = waiting.wait(session.is_end, 60)
    waiting.close()
    if took is None or took > ENDS_IN:
        return f"it ended after {took} s"
    job = story.place.job(box.partition("@")[0])
    reading = library.IMAPLIB.read(job, story.box(box))
    return readers.not_refused(reading, place.LOGIN)


def _session(story: Story, address: str) -> session.Session:
    return session.Session(story.hostname, address, story.password, _trust(story))


def _trust(story: Story) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(story.files / "ca.pem"))


def only_reads(story: Story) -> str:
    """A read_only account reads, receives, and sends nothing."""
    box = story.account("mute", suspended="read_only")
    story.knows(box)
    if wrong := story.arrives(box, story.write(box)):
        return wrong
    with smtplib.SMTP(story.hostname, 587, timeout=30) as smtp:
        smtp.starttls(context=_trust(story))
        try:
            smtp.login(box, story.password)
        except smtplib.SMTPAuthenticationError:
            return ""
    return "it logs in at port 587"


_ENDS = f"open IMAP session ends in {ENDS_IN:.0f} s"
_CHANGES: dict[str, dict[str, tp.Any]] = {
    "is disabled": {"active": False},
    "is suspended": {"suspended": "refuse"},
    "has a new password": {"password": f"another-{secrets.token_hex(4)}"},
    "has no mailbox any more": {"mailbox": False},
}
CLAIMS: dict[str, tp.Callable[[Story], str]] = {
    "an open IMAP session is told of a new message": is_told,
    **{
        f"an account {what}: its {_ENDS}, the next one is refused": functools.partial(
            ends, changes
        )
        for what, changes in _CHANGES.items()
    },
    "a read_only account reads and receives, and logs in nowhere to send": only_reads,
}
