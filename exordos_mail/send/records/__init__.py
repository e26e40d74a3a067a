# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is kept beside the queue: tenants, keys, relays, lists, events."""
