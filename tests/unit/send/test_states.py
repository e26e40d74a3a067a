# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The state table in code is the one in the documentation."""

import pathlib
import re

from exordos_mail.send.queue import states

_DOCS = pathlib.Path(__file__).parents[3] / "docs" / "send" / "architecture.md"


def _documented() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", _DOCS.read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", after)) for name, after in rows}


def test_table_is_the_documented_one() -> None:
    assert _documented() == {
        name: set(after) for name, after in states.TRANSITIONS.items()
    }


def test_every_state_is_of_one_kind() -> None:
    assert set(states.TRANSITIONS) == set(states.ALL)
    assert len(states.ALL) == len(set(states.ALL))
    assert all(not states.TRANSITIONS[name] for name in states.FINAL)


def test_final_state_by_recipients() -> None:
    for recipients, state in (
        (["sent", "sent"], "sent"),
        (["sent", "suppressed"], "sent"),
        (["sent", "failed"], "partial"),
        (["sent", "cancelled"], "partial"),
        (["failed", "expired"], "failed"),
        (["expired", "suppressed"], "expired"),
        (["suppressed"], "suppressed"),
        ([], "suppressed"),
        (["cancelled"], "cancelled"),
    ):
        assert states.final(recipients) == state


def test_state_at_rest() -> None:
    assert states.at_rest(10, 10, False) == "queued"
    assert states.at_rest(11, 10, False) == "scheduled"
    assert states.at_rest(11, 10, True) == "suspended"
