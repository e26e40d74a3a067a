# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""HTTP: the table of routes, the application, errors, OpenAPI."""
