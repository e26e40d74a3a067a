# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Facts travel whole, in messages that the gateway takes."""

import pytest

from exordos_mail.protocol import messages, observations


@pytest.mark.parametrize("text", ["", "x" * 300, "\U0001f4ec" * 300])
def test_a_part_fits_what_the_gateway_takes(text: str) -> None:
    facts = {f"{n:064}": {"text": text, "n": n} for n in range(2000)}
    found = {}
    parts = list(observations.batches(facts, messages.TOLD_MAX))
    for part in parts:
        octets = messages.encode(messages.Observe(2**63, "k" * 64, part))
        assert len(octets) + 16 <= messages.FROM_NODE_MAX
        found.update(part)
    assert found == facts
    assert len(parts) > 1


def test_nothing_is_no_message() -> None:
    assert list(observations.batches({}, 100)) == []


def test_what_is_too_large_is_named_and_not_shown() -> None:
    with pytest.raises(ValueError, match=r"^facts of a have more than 100 octets$"):
        list(observations.batches({"a": {"text": "secret" * 50}}, 100))
