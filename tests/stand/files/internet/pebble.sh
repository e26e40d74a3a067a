#!/bin/bash
# pebble.sh ROOT FILES RESOLVER: an ACME authority that refuses one good nonce of five.
# Runs in a mount namespace of its own.
set -euo pipefail
root=$1 files=$2 resolver=$3
mount --bind "$files" "$root/mnt"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/tmp PEBBLE_VA_NOSLEEP=1 \
    PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=20 \
    pebble -config /mnt/pebble.json -dnsserver "$resolver:53"
