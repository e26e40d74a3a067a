#!/bin/bash
# namespace.sh ROOT FILES: a machine whose loopback is the whole internet.
#
# Must be started by `unshare --mount --net --pid --uts --ipc --fork --kill-child`: this
# shell is the first process in there, and with it everything ends. It prints its pid
# as the outside sees it, then waits until its standard input ends.
set -euo pipefail
root=$1 files=$2
# Still the outside's /proc.
read -r pid _ < /proc/self/stat

ip link set lo up
# Every address of the documentation networks is one of this machine.
for network in 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24; do
    ip route add local "$network" dev lo
done
ip -6 route add local 2001:db8::/32 dev lo
# IPv6 lets nobody bind to a route's addresses otherwise.
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind "$files" "$root/mnt"
[ ! -e "$files/main.cf" ] || mount --bind "$files/main.cf" "$root/etc/postfix/main.cf"
mount --bind "$files/resolv.conf" "$root/etc/resolv.conf"
printf '%s\n' "$pid"
while read -r _; do :; done
