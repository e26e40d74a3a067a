# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who is where in the signed internet; every other documentation address is free."""

PRIMARY, PRIMARY6 = "192.0.2.53", "2001:db8::53"
SECONDARY, SECONDARY6 = "198.51.100.53", "2001:db8:1::53"
RESOLVER, RESOLVER6 = "192.0.2.54", "2001:db8::54"
PEBBLE = "192.0.2.14"
#: Names of the two authorities; their addresses are glue in the root zone.
NAMES = {"ns1.lab.": (PRIMARY, PRIMARY6), "ns2.lab.": (SECONDARY, SECONDARY6)}

VALUES = {
    "PRIMARY": PRIMARY,
    "PRIMARY6": PRIMARY6,
    "SECONDARY": SECONDARY,
    "SECONDARY6": SECONDARY6,
    "RESOLVER": RESOLVER,
    "RESOLVER6": RESOLVER6,
    "PEBBLE": PEBBLE,
}
