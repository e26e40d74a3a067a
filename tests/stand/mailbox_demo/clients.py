# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims of what programs of others do with a mailbox."""

import functools
import json
import os
import pathlib
import typing as tp

from tests.stand import remote_host, thunderbird
from tests.stand.mailbox_demo.story import Story
from tests.stand.mailbox_judges import (
    library,
    mpop,
    place,
    readers,
    sieve_connect,
    trial,
    webmail,
)

Claim = tp.Callable[[Story], str]


def reads(name: str, read: readers.Read, ids: tp.Sequence[str], story: Story) -> str:
    """A program has all messages of the account `reader`, each once."""
    job = story.place.job(readers.slug(f"read {name}"))
    reading = read(job, story.box(f"reader@{story.domain}"))
    wrong = readers.differs(reading, ids)
    return f"{wrong}: {reading.said[-200:]}" if wrong else ""


def refused(name: str, read: readers.Read, story: Story) -> str:
    """A program is refused when it should be, and knows why."""
    address = f"reader@{story.domain}"
    attempts = [
        (kind, story.box(address, **changed))
        for kind, changed in trial.REFUSALS.items()
    ]
    attempts.append((place.LOGIN, story.box(f"gone@{story.domain}")))
    for number, (kind, box) in enumerate(attempts):
        job = story.place.job(readers.slug(f"refuse {name} {number}"))
        if wrong := readers.not_refused(read(job, box), kind):
            return f"{box.address}, {kind}: {wrong}"
    return ""


def files(name: str, file: readers.File, story: Story) -> str:
    """A program moves one of two messages to a new folder, as another one sees it."""
    box = story.account(f"filer-{readers.slug(name).lower()}")
    story.knows(box)
    ids = [story.write(box) for _ in range(2)]
    if wrong := story.arrives(box, *ids):
        return wrong
    job = story.place.job(readers.slug(f"file {name}"))
    readers.READERS[name](job, story.box(box))
    said = file(job, story.box(box), ids[0], "Filed").said
    wrongs = (
        story.arrives(box, ids[1]),
        story.arrives(box, ids[0], folder="Filed"),
    )
    return f"{wrongs}: {said[-200:]}" if any(wrongs) else ""


def copies(name: str, module: tp.Any, story: Story) -> str:
    """A program's second run transfers nothing; a new message is transferred alone."""
    box = story.account(f"copier-{name}")
    story.knows(box)
    ids: list[str] = []
    for new in (5, 0, 1):
        ids += [story.write(box) for _ in range(new)]
        story.arrives(box, *ids)
        reading = module.read(story.place.job(f"copy-{name}"), story.box(box))
        if wrong := readers.differs(reading, ids):
            return wrong
        if (found := module.transfers(reading)) != new:
            return f"{found} messages went over the line instead of {new}"
    return ""


def deletes(story: Story) -> str:
    """mpop fetches by POP3 and deletes; a second run finds nothing."""
    box = story.account("popper")
    story.knows(box)
    ids = [story.write(box) for _ in range(3)]
    story.arrives(box, *ids)
    job = story.place.job("mpop-delete")
    for _ in range(2):
        if wrong := readers.differs(mpop.read(job, story.box(box), keep=False), ids):
            return wrong
    return f"{left} are left" if (left := story.inbox(box)) else ""


def sieve(story: Story) -> str:
    """sieve-connect puts a script that files; a bad one changes nothing."""
    box = story.account("sieve")
    story.knows(box)
    job = story.place.job("sieve")
    script = trial.GOOD.format(word="report", folder="Reports")
    if wrong := sieve_connect.put(job, story.box(box), "good", script).refusal:
        return f"the good one: {wrong}"
    said = sieve_connect.put(job, story.box(box), "bad", trial.BAD).said
    if "parse failed" not in said:
        return f"the bad one: {said[-200:]}"
    filed, kept = story.write(box, subject="a report"), story.write(box)
    wrongs = story.arrives(box, filed, folder="Reports"), story.arrives(box, kept)
    return "; ".join(filter(None, wrongs))


def shows_quota(name: str, client: library.Library, story: Story) -> str:
    """A library reads what is used and what the mailbox may hold."""
    box = f"measured@{story.domain}"
    reading = client.read(story.place.job(f"quota-{name}"), story.box(box), quota=True)
    quota = json.loads(reading.said.splitlines()[-1]).get("quota")
    return "" if str(5 * 1024) in str(quota) else f"it shows {quota}"


def thunderbird_reads(story: Story) -> str:
    """Thunderbird sets itself up from an address and a password, and verifies it."""
    said = thunderbird.ask(story.files, f"reader@{story.domain}", story.password)
    names = ("found", "set_up", "set_up_refuses", "sends", "refuses")
    return "; ".join(f"{name}: {said[name]}" for name in names if said[name])


def webmail_reads(story: Story) -> str:
    """Roundcube logs in, shows what arrived, sends, and keeps what it has sent."""
    box = story.account("surfer")
    story.knows(box)
    story.arrives(box, story.write(box, subject="from afar"))
    root = pathlib.Path(os.environ["EXORDOS_WEBMAIL_ROOT"])
    to = remote_host.address(f"pen-{story.tag}")
    with webmail.running(root, story.files, story.box(box)):
        if webmail.Webmail().log_in(box, "wrong"):
            return "it is let in with a wrong password"
        browser = webmail.Webmail()
        if not browser.log_in(box, story.password):
            return "it is not let in"
        if (shown := browser.subjects()) != ["from afar"]:
            return f"it shows {shown}"
        if "sent_successfully" not in (said := browser.send(to, "an answer")):
            return f"it does not send: {said[-200:]}"
        sent = browser.subjects("Sent")
    if "an answer" not in remote_host.received("MX1", to):
        return f"{to} has not got it"
    return "" if sent == ["an answer"] else f"it keeps {sent} as sent"


def prepare(ids: list[str], story: Story) -> str:
    """Make the accounts that programs share, and have mail arrive there.

    Args:
        ids: is given the Message-IDs of the account `reader`.
    """
    reader, gone = story.account("reader"), story.account("gone")
    measured = story.account("measured", quota_bytes=5 * 1024 * 1024)
    story.knows(reader, gone, measured)
    ids += [story.write(reader) for _ in range(3)]
    wrong = [
        story.arrives(reader, *ids),
        story.arrives(gone, story.write(gone)),
        story.arrives(measured, story.write(measured)),
    ]
    story.change(gone, suspended="refuse")
    return "; ".join(filter(None, wrong))


def claims(ids: tp.Sequence[str]) -> dict[str, Claim]:
    """Return what is claimed, with what the account `reader` has got."""
    return {
        **_claims_of_readers(ids),
        **{
            f"{name} files a message into a new folder": functools.partial(
                files, name, file
            )
            for name, file in readers.FILERS.items()
        },
        **{
            f"{name} transfers 0 messages at its second run": functools.partial(
                copies, name, module
            )
            for name, module in readers.COPIERS.items()
        },
        "mpop fetches by POP3 and deletes, once": deletes,
        "sieve-connect puts a script that files a message; a bad one is refused": sieve,
        "IMAPClient shows the quota": functools.partial(
            shows_quota, "IMAPClient", library.IMAPCLIENT
        ),
        "Thunderbird's ConfigVerifier: set up from an address and a password, refused"
        " with a wrong one": thunderbird_reads,
        "Roundcube reads and sends; a wrong password is refused": webmail_reads,
    }


def _claims_of_readers(ids: tp.Sequence[str]) -> dict[str, Claim]:
    found: dict[str, Claim] = {}
    for name, read in readers.READERS.items():
        text = f"{name} reads all messages, over TLS that it has verified"
        found[text] = functools.partial(reads, name, read, ids)
    for name, read in readers.CLIENTS.items():
        text = f"{name} is refused: wrong password, unknown authority, clear text,"
        found[f"{text} suspended account"] = functools.partial(refused, name, read)
    return found
