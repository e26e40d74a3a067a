# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Webhooks: every event to the tenant's own URL (docs/send/webhooks.md)."""
