# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Links by which recipients unsubscribe (RFC 2369, RFC 8058)."""
