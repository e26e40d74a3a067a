#!/bin/bash
# node.sh NODE_ROOT REPOSITORY TOOLS COMMAND...
#
# Runs COMMAND as on a mail node, like ../exim/enter.sh, with one end of a cable that
# whoever starts this has to plug in: it prints its pid as the outside sees it, and waits
# for a line. The node is 192.0.2.1, and everything else is at the other end.
# Must be started by `unshare --mount --net --pid --ipc --uts --fork --kill-child`.
set -euo pipefail
root=$1 repository=$2 tools=$3
shift 3
# Still the outside's /proc.
read -r pid _ < /proc/self/stat
printf '%s\n' "$pid"
read -r _
# shellcheck source=tests/integration/exim/mounts.sh
source "$(dirname "$0")/../exim/mounts.sh"
rm -f $node/etc/resolv.conf
printf 'nameserver 192.0.2.54\noptions timeout:1 attempts:1\n' > $node/etc/resolv.conf
printf '127.0.0.1 localhost\n' > $node/etc/hosts
ip link set lo up
ip addr add 192.0.2.1/24 dev cable
ip link set cable up
ip route add default dev cable
# Not chroot: what a unit mounts is another mount namespace, whose processes then have paths
# that begin at this root.
cd $node
pivot_root . mnt
umount -l /mnt
# Not exec: this shell is the first process here and collects orphans.
/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  PYTHONDONTWRITEBYTECODE=1 "$@"
