# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims of mail that is not taken: refused before it is, and never sent back."""

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
    line = lines[-1] if lines else f"nothing is said of {to}"
    return "" if answer in line and "RCPT TO:" in line else line


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
    """The quota is that of the mailbox in the end, behind an alias and a tag."""
    box = f"full@{story.domain}"
    story.alias("leads-to-full", box)
    to = f"leads-to-full@{story.domain}"
    client.until(f"{to} is known", lambda: story.code(to) == 552)
    return _answered(story, to, "552 5.2.2") or _answered(
        story, f"full+tag@{story.domain}", "552 5.2.2"
    )


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
    return story.arrives(box, new)


def storm(count: int, story: Story) -> str:
    """Messages to addresses that take none: the remote host hears of each at once."""
    kinds = ("full", "missing", "refuse", "defer", "looping")
    story.alias("looping", remote_host.address(f"to+looping={story.domain}"))
    story.knows(f"looping@{story.domain}")
    sent = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        name = f"missing-{number}" if kind == "missing" else kind
        to = f"{name}@{story.domain}"
        text = letters.compose(letters.new_id(kind), to)
        sent.append(remote_host.Letter(to, text))
    remote_host.send(story.sender, sent, queue=True)
    remote_host.run_queue()
    taken = [
        line
        for kind in ("full", "missing-", "refuse", "defer")
        for line in remote_host.log(f" => {kind}", f"@{story.domain} ")
        if "H=" in line and kind != "full"
    ]
    return f"{len(taken)} were taken: {taken[0]}" if taken else no_bounce(story)


def no_bounce(story: Story) -> str:
    """The remote host has got no bounce of ours, and none waits to be sent."""
    client.until("the node's queue is empty", lambda: _node(story, "-bpc") == "0")
    if found := remote_host.bounces_of(story.ip):
        return f"{len(found)} bounces, such as {found[0]}"
    ours = _node_log(story, " <= <> ")
    return f"the node has made {len(ours)}, such as {ours[0]}" if ours else ""


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
    "alias and tag of a full mailbox are refused at RCPT with 552 5.2.2": full_alias,
    "suspended accounts refuse with 550 5.2.1, or put off with 450 4.2.1": suspended,
    "what was put off arrives when the account is back": comes_later,
}
