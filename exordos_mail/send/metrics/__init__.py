# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Metrics in the form of Prometheus (docs/send/operations.md has the list)."""
