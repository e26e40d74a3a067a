# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the nodes of an instance get: collections of documents (docs/adr/0025)."""
