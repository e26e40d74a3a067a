# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The HTTP server: connections, requests, and what bounds them (RFC 9110, 9112)."""
