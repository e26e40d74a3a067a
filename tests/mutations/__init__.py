# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults that the unit tests must notice; `python -m tests.mutations` tries each."""
