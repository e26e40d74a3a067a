# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The demo of mailboxes: a customer, and what is claimed; see demo_mailbox.py."""
