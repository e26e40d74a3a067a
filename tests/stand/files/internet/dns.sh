#!/bin/sh
# Start the name servers: make the zones' keys, tell them to the zone above, run both.
set -eu
mkdir -p /run/knot
for zone in . @ZONES@; do
    keymgr -c /stand/knot.conf "$zone" generate algorithm=ECDSAP256SHA256 ksk=yes zsk=yes
done
keymgr -c /stand/knot.conf . dnskey | grep DNSKEY > /stand/trust-anchor
for zone in @ZONES@; do
    echo "$zone. NS ns.root.test."
    keymgr -c /stand/knot.conf "$zone" ds
done >> /stand/zones/root.zone
knotd -c /stand/knot.conf &
exec unbound -d -c /stand/unbound.conf
