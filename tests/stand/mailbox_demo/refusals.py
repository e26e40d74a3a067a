# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims of mail that is not taken: refused before it is, and never sent back."""

import re
import subprocess
import typing as tp

from tests.stand import demo_client as client
from tests.stand import remote_host
from tests.stand.mailbox_demo.story import Story
from tests.stand.mailbox_judges import letters


def _answered(story: Story, to: str, answer: str, octets: int = 0) -> str:
    """Have the remote host send a message; its log has to have the answer at RCPT."""
    story.write(to, octets=octets)
    lines = remote_host.said_of(to)
    if any(answer in one and "RCPT TO:" in one for one in lines):
        return ""
    return lines[-1] if lines else f"nothing is said of {to}"


def unknown(story: Story) -> str:
    """An address that nobody has is refused at RCPT."""
    return _answered(story, f"nobody@{story.domain}", "550 5.1.1")


def full_of_mail(story: Story) -> str:
    """A mailbox that has all the messages that it may have is refused at RCPT."""
    box = story.account("full", quota_messages=2)
    story.knows(box)
    story.arrives(box, *(story.write(box) for _ in range(2)))
    return _answered(story, box, "552 5.2.2")


def full_of_octets(story: Story) -> str:
    """So is a mailbox that the message would make too large."""
    box = story.account("large", quota_bytes=100_000)
    story.knows(box)
    large = story.write(box, octets=60_000)
    story.arrives(box, large)
    if wrong := _answered(story, box, "552 5.2.2", octets=60_000):
        return wrong
    # What fits is taken still.
    return story.arrives(box, large, story.write(box))


def full_alias(story: Story) -> str:
    """The quota is that of the mailbox in the end, behind a tag and behind an alias.

    There all wait until it has room again (docs/adr/0042).
    """
    box = f"full@{story.domain}"
    story.alias("leads-to-full", box)
    alias, tag = f"leads-to-full@{story.domain}", f"full+tag@{story.domain}"
    client.until(f"{alias} is known", lambda: story.code(alias) != 550)
    return _answered(story, tag, "552 5.2.2") or _answered(story, alias, "452 4.2.2")


def suspended(story: Story) -> str:
    """A suspended account refuses, or puts off what arrives when it is back."""
    refuse = story.account("refuse", suspended="refuse")
    defer = story.account("defer", suspended="defer")
    client.until(f"{refuse} is refused", lambda: story.code(refuse) == 550)
    client.until(f"{defer} is put off", lambda: story.code(defer) == 450)
    wrong = _answered(story, refuse, "550 5.2.1") or _answered(
        story, defer, "450 4.2.1"
    )
    return wrong


def comes_later(story: Story) -> str:
    """What was put off arrives when the account is back."""
    box = story.account("back", suspended="defer")
    client.until(f"{box} is put off", lambda: story.code(box) == 450)
    new = story.write(box)
    if not remote_host.said_of(box):
        return "the remote host has not attempted it"
    story.change(box, suspended="none")
    story.knows(box)
    remote_host.retry(box)
    return story.arrives(box, new)


def storm(count: int, story: Story) -> str:
    """Messages to addresses that take none: the remote host hears of each at once."""
    story.alias("looping", remote_host.address(f"to+looping={story.domain}"))
    story.knows(f"looping@{story.domain}")
    sent = []
    for number in range(count):
        to = f"{_name(number)}@{story.domain}"
        text = letters.compose(letters.new_id("storm"), to)
        sent.append(remote_host.Letter(to, text))
    remote_host.send(story.sender, sent, queue=True)
    before = len(_taken(story))
    remote_host.run_queue()
    remote_host.forget(story.sender)
    if taken := _taken(story)[before:]:
        return f"{len(taken)} were taken, such as {taken[0]}"
    client.until("nothing goes round any more", lambda: _is_quiet(story))
    found = remote_host.bounces_of(story.hostname)
    return f"{len(found)} bounces, such as {found[0]}" if found else ""


def _is_quiet(story: Story) -> bool:
    """Say whether no message is on its way: neither here, nor there, nor back."""
    looks: tuple[tp.Callable[[], bool], ...] = (
        lambda: _node(story, "-bpc") == "0",
        lambda: not remote_host.waits(story.domain),
    )
    return all(look() for look in (*looks, *looks))


def _name(number: int) -> str:
    """Return the local part that a message of the storm goes to.

    Few go round: each of them is sent thirty times.
    """
    if number % 50 == 0:
        return "looping"
    kinds = ("full", "refuse", "defer", f"missing-{number}")
    return kinds[number % len(kinds)]


def _taken(story: Story) -> list[str]:
    """Return the lines of messages that were taken for an address that takes none."""
    names = r" => (?:full|refuse|defer|missing-\d+)@"
    lines = remote_host.log(" => ", f"@{story.domain} ", " H=")
    return [one for one in lines if re.search(names, one)]


def nothing_failed(story: Story) -> str:
    """What the node has taken, it has delivered: nothing has failed afterwards."""
    found = _node_log(story, " ** ")
    return f"{len(found)} have, such as {found[0]}" if found else ""


def _node(story: Story, *argv: str) -> str:
    uuid = story.path.rpartition("/")[2]
    command = [client.STANDCTL, "node", uuid, "--", "exim4", *argv]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def _node_log(story: Story, word: str) -> list[str]:
    uuid = story.path.rpartition("/")[2]
    grep = ("grep", "-hF", "--", word, "/var/log/exim4/mainlog")
    command = [client.STANDCTL, "node", uuid, "--", *grep]
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()


CLAIMS: dict[str, tp.Callable[[Story], str]] = {
    "an unknown address is refused at RCPT with 550 5.1.1": unknown,
    "a mailbox full of messages is refused at RCPT with 552 5.2.2": full_of_mail,
    "a message too large for what is left is refused at RCPT with 552 5.2.2, and a"
    " small one is taken": full_of_octets,
    "behind a tag it is refused with 552 5.2.2, behind an alias 452 4.2.2": full_alias,
    "suspended accounts refuse with 550 5.2.1, or put off with 450 4.2.1": suspended,
    "what was put off arrives when the account is back": comes_later,
}
