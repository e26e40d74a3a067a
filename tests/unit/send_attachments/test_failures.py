# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Failures that several messages share."""

from exordos_mail.send.attachments.failures import TemporaryFailure


def test_a_position_is_each_ones_own() -> None:
    shared = TemporaryFailure("files.example answered 503", retry_after=30)
    first, second = shared.at(0), shared.at(1)
    assert (first.position, second.position, shared.position) == (0, 1, None)
    assert (second.reason, second.retry_after) == (shared.reason, 30)
    assert str(second) == "files.example answered 503"
