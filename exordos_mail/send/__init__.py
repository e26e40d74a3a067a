# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send service: mail by HTTP in, by SMTP out (docs/send/architecture.md)."""
