#!/bin/sh
# Start the name servers: make the zone's key, tell it to the resolver, run both.
set -eu
mkdir -p /run/knot
keymgr -c /stand/knot.conf . generate algorithm=ECDSAP256SHA256 ksk=yes zsk=yes
keymgr -c /stand/knot.conf . dnskey | grep DNSKEY > /stand/trust-anchor
knotd -c /stand/knot.conf &
exec unbound -d -c /stand/unbound.conf
