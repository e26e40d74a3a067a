# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounce mailboxes: bounces of a tenant are read from a mailbox elsewhere."""
