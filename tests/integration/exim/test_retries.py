# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who greylists sees the message again soon."""

import datetime
import re

from tests.integration.exim import fixtures, supervisor, waiting

# "10-Nov-2026 10:00:00  10-Nov-2026 10:00:00  10-Nov-2026 10:03:00"
_TIMES = re.compile(r"(\S+ \S+)  (\S+ \S+)  (\S+ \S+)")
_FORM = "%d-%b-%Y %H:%M:%S"


def test_first_retry_after_a_4xx_is_within_five_minutes(machine, internet):
    machine.apply(fixtures.payloads.payload())
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, recipients=["later@elsewhere.test"])[0] == 250
    waiting.until(lambda: "greylisted" in machine.log(), "it is put off")
    directory = machine.layout.spool_dir
    found = waiting.until(
        lambda: _TIMES.search(
            machine.supervisor.tool("exim_dumpdb", directory, "retry")
        ),
        "the next try is noted",
    )
    tried, following = (
        datetime.datetime.strptime(found[number], _FORM) for number in (2, 3)
    )
    wait = following - tried
    longest = wait + datetime.timedelta(minutes=supervisor.minutes_between_queue_runs())
    assert wait > datetime.timedelta(0)
    assert longest <= datetime.timedelta(minutes=5)
