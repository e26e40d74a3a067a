# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The queue: acceptance, states, claims, results, events, limits, workers."""
