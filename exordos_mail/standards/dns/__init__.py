# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DNS records of a mail domain: which are wanted, and what is wrong with those found.

Nothing here asks the DNS. `wanted` makes records of facts, `judge` compares one of
them with what servers answered, `spf` and `dmarc` judge what a tenant may write in many
ways, `zone` writes records for people.
"""
