# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Moves mailboxes in from other IMAP servers (docs/adr/0050).

The agent starts a process for each import (`child.py`), as the user of mailboxes, and
tells the control plane how far it is.
"""
