# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims of where mail of a remote host arrives."""

import os

from tests.stand import remote_host
from tests.stand.mailbox_demo.story import Story


def account(story: Story) -> str:
    """It arrives in the mailbox of an account."""
    ann = story.account("ann")
    story.knows(ann)
    return story.arrives(ann, story.write(ann))


def alias(story: Story) -> str:
    """It arrives once at each target of an alias, also at somebody else's host."""
    near = [story.account(f"seller-{number}") for number in range(3)]
    far = f"seller-{story.tag}@{os.environ['EXORDOS_STAND_MX2_DOMAIN']}"
    story.alias("sales", *near, far)
    to = f"sales@{story.domain}"
    story.knows(*near, to)
    new = story.write(to)
    wrong = [story.arrives(one, new) for one in near]
    if new not in remote_host.received("MX2", far):
        wrong.append(f"{far} has not got it")
    return "; ".join(filter(None, wrong))


def tag(story: Story) -> str:
    """A tag changes nothing."""
    bob = story.account("bob")
    story.knows(bob)
    name, _, domain = bob.partition("@")
    ids = [story.write(f"{name}+{one}@{domain}") for one in ("orders", "a+b", "")]
    return story.arrives(bob, *ids)


def catch_all(story: Story) -> str:
    """A catch-all takes what nobody else has, in its domain alone."""
    cat = story.account("cat")
    dan = story.account("dan", domain=story.second)
    nobody = f"nobody@{story.second}"
    story.alias("*", cat, domain=story.second)
    story.knows(cat, dan, nobody)
    caught, kept = story.write(nobody), story.write(dan)
    wrong = [story.arrives(cat, caught), story.arrives(dan, kept)]
    if story.code(f"nobody@{story.domain}") != 550:
        wrong.append("the other domain takes mail for nobody")
    return "; ".join(filter(None, wrong))


def ring(story: Story) -> str:
    """Aliases that would lead to each other are refused when they are written."""
    one, two = (f"{name}@{story.domain}" for name in ("ring-1", "ring-2"))
    story.alias("ring-1", two)
    try:
        story.alias("ring-2", one)
    except SystemExit as error:
        text = str(error.code)
        return "" if ": 400 " in text or ": 409 " in text else text
    return "it was taken"


CLAIMS = {
    "mail of a remote host arrives in the mailbox of an account": account,
    "mail to an alias arrives once at each of 3 accounts and a foreign host": alias,
    "mail to user+tag arrives in the mailbox of user": tag,
    "a catch-all takes what nobody else has, in its domain alone": catch_all,
    "a ring of aliases is refused when it is written": ring,
}
