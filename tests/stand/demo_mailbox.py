# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The demo of mailboxes: mail comes from outside and is read by programs of others.

Runs where a client stands. Each claim ends as a line `PASS …` or `FAIL …`; the exit
status is 1 if one of them fails. `--messages N`: how many go to addresses that take
none, 1,000 by default.
"""

import argparse
import concurrent.futures
import functools
import shutil
import sys
import time
import typing as tp

from tests.stand import claims as claims_lib
from tests.stand import demo_client as client
from tests.stand.mailbox_demo import arrivals, clients, refusals, sessions
from tests.stand.mailbox_demo.story import ROOT, Story
from tests.stand.mailbox_judges import trial

#: Claims at a time: most of each is waiting.
_AT_A_TIME = 4


def _judge(
    claims: claims_lib.Claims,
    story: Story,
    tests: tp.Mapping[str, tp.Callable[[Story], str]],
) -> None:
    def one(pair: tuple[str, tp.Callable[[Story], str]]) -> None:
        claims.judge(pair[0], functools.partial(pair[1], story))

    with concurrent.futures.ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(one, tests.items()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--no-trial", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Be the customer; return how many claims failed, at most 1."""
    options, claims = _options(), claims_lib.Claims()
    if not options.no_trial:
        trial.judge(claims, ROOT)
    story, begin = Story(), time.monotonic()
    story.start()
    story.add_domain()
    client.say(f"{story.hostname} is ACTIVE ({time.monotonic() - begin:.1f} s)")
    _judge(claims, story, arrivals.CLAIMS)
    ids: list[str] = []
    prepare = functools.partial(clients.prepare, ids)
    _judge(claims, story, {"mail arrives for the programs of others": prepare})
    _judge(claims, story, clients.claims(ids))
    _judge(claims, story, sessions.CLAIMS)
    # One after the other: some go on with what others have filled.
    for text, test in refusals.CLAIMS.items():
        claims.judge(text, functools.partial(test, story))
    count = options.messages
    text = f"{count} messages to full, missing, suspended and looping addresses: the"
    claims.judge(
        f"{text} remote host has got 0 bounces of ours",
        functools.partial(refusals.storm, count, story),
    )
    text = "nothing that the node had taken has failed afterwards"
    claims.judge(text, functools.partial(refusals.nothing_failed, story))
    claims.tell()
    shutil.rmtree(story.files)
    return 1 if claims.failed else 0


if __name__ == "__main__":
    sys.exit(main())
