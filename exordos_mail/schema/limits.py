# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How many there may be, and how large a number may be."""

#: Tenants of an instance.
TENANTS_MAX = 1_000
#: API keys, relays and suppressions of a tenant.
KEYS_MAX = 100
RELAYS_MAX = 100
SUPPRESSIONS_MAX = 10_000
#: Largest limit of messages in a time, and of messages on a connection.
COUNT_MAX = 1_000_000_000
