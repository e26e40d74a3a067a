# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Thirty messages on one connection, as mailers of applications send them."""

import collections.abc as cabc
import pathlib

from tests.clients import client as client_module
from tests.clients import everyone, letters, office

MESSAGES = 30


@everyone.each_that_pools
def test_thirty_messages_on_one_connection_arrive(
    the_office: office.Office,
    work: cabc.Iterator[pathlib.Path],
    client: client_module.Client,
) -> None:
    sent = [
        letters.Letter((to,), f"Message {number}")
        for number, to in enumerate(office.somebody(MESSAGES))
    ]
    outcome = the_office.send(client, next(work), *sent)
    assert outcome.sent == MESSAGES, outcome.text
    for letter in sent:
        the_office.arrived(letter, letter.to)
