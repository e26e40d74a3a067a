# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A client sends whatever its machine is called, and it greets with that name."""

import collections.abc as cabc
import concurrent.futures
import itertools
import pathlib

from tests.clients import client as client_module
from tests.clients import everyone, letters, office

#: Names that machines have, and names of none (RFC 5321 section 4.1.4: the server
#: must not refuse a message for what stands here).
NAMES = (
    "Johns MacBook",
    "büro-pc",
    "(none)",
    "host:8080",
    "my_host.local.",
    "[203.0.113.9]",
    "[IPv6:::ffff:203.0.113.9]",
)


SIDE_BY_SIDE = 4


@everyone.each
def test_a_client_with_an_odd_name_sends(
    the_office: office.Office,
    work: cabc.Iterator[pathlib.Path],
    client: client_module.Client,
) -> None:
    names = [name for name in NAMES if name not in client.cannot_say]
    sent = {name: letters.Letter(office.somebody(1), f"From {name}") for name in names}

    def send(name: str, place: pathlib.Path) -> letters.Outcome:
        return the_office.send(client, place, sent[name], name=name)

    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        outcomes = list(pool.map(send, names, itertools.islice(work, len(names))))
    told = {n: o.text for n, o in zip(names, outcomes, strict=True) if o.sent != 1}
    assert told == {}
    for letter in sent.values():
        the_office.arrived(letter, letter.to)
