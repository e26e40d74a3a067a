# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""After everything else: nobody has got what was not for him, or twice."""

from tests.clients import office
from tests.e2e import harness as harness_module
from tests.functional import waiting


def test_each_letter_is_at_its_recipients_and_nowhere_else(
    the_office: office.Office, node: harness_module.Node
) -> None:
    waiting.until(
        "the node's queue is empty",
        lambda: node.run("exim4", "-bpc").stdout.strip(),
        timeout=waiting.INSTANCE_TIMEOUT,
        good=lambda now: now == "0",
    )
    assert the_office.expected
    arrived = {
        tag: sorted(one.recipient for one in the_office.arrivals.of(tag))
        for tag in the_office.expected
    }
    wanted = {tag: sorted(to) for tag, to in the_office.expected.items()}
    assert arrived == wanted
