#!/bin/bash
# enter.sh NODE_ROOT REPOSITORY TOOLS COMMAND...
#
# Runs COMMAND as on a mail node: chrooted into a throw-away copy (overlayfs)
# of the node's root file system, with a network of its own. Must be started by
# `unshare --mount --net --pid --ipc --uts --fork --kill-child`: then nothing
# stays mounted or running, and nothing of the host can be written.
#
# The network: the node is 192.0.2.1 and has a loopback; behind a cable is "the
# internet", 192.0.2.25 and 192.0.2.53, in a namespace of its own, whose pid is
# in INTERNET_PID.
set -euo pipefail
root=$1 repository=$2 tools=$3
shift 3

# shellcheck source=tests/integration/exim/mounts.sh
source "$(dirname "$0")/mounts.sh"
rm -f $node/etc/resolv.conf
printf 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n' > $node/etc/resolv.conf
# With its own name: doveadm asks for it each time.
printf '127.0.0.1 localhost %s\n' "$(uname -n)" > $node/etc/hosts
# All else is in memory.
if [ -n "${EXORDOS_MAIL_DISK:-}" ]; then mount --bind "$EXORDOS_MAIL_DISK" $node/srv; fi

unshare --net sleep infinity &
internet=$!
until [ "$(readlink /proc/$internet/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link set lo up
ip link add cable type veth peer name cable netns $internet
ip addr add 192.0.2.1/24 dev cable
ip link set cable up
far() { nsenter --target $internet --net ip "$@"; }
far link set lo up
far addr add 192.0.2.25/24 dev cable
far addr add 192.0.2.53/24 dev cable
far link set cable up

# Not exec: this shell is the first process here and collects orphans.
chroot $node /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 \
  EXORDOS_MAIL_KILLS="${EXORDOS_MAIL_KILLS:-50}" EXORDOS_MAIL_SEED="${EXORDOS_MAIL_SEED:-0}" \
  INTERNET_PID=$internet EXORDOS_MAIL_INSIDE_NODE="$EXORDOS_MAIL_INSIDE_NODE" \
  "$@"
