# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Managed mail for the Exordos cloud: a MetaPaaS plugin and its node agent driver."""
