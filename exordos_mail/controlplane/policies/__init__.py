# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The policies of domains for those who send to them: MTA-STS (RFC 8461)."""
