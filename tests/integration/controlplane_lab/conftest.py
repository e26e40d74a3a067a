# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the tests in the signed internet share."""

from tests.lab import fixtures

signed_internet = fixtures.signed_internet
inside = fixtures.inside
pebble = fixtures.pebble
