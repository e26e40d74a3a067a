# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates from an authority that speaks ACME: ordered, renewed, tried again.

service     a thread of gservice that finds what is due
attempt     one attempt for one certificate, from its key to its chain
authority   the conversation with the authority (RFC 8555, by the library acme)
challenge   how it is shown that a name is ours: http_challenge, dns_challenge;
            choice tells which one, published which names can have the second
orders      what is known of it in the database
hosts       host names of instances, which are ordered for by themselves
"""
