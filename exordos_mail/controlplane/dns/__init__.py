# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Asking the DNS about the domains of tenants, and keeping the verdicts."""
