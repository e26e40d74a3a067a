# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Publishing the records of domains, for tenants who ask for it (docs/adr/0034)."""
