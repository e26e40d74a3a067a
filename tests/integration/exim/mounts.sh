#!/bin/bash
# mounts.sh: a throw-away copy (overlayfs) of the node's root file system as $node, from
# $root, $repository and $tools; for enter.sh and ../exim_lab/node.sh.

# First of all: every pid below is one of this namespace.
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/node
mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/node
node=/mnt/node
mount -t proc proc $node/proc
mount -t tmpfs -o mode=755 tmpfs $node/run
mount -t tmpfs -o mode=1777 tmpfs $node/tmp
mount -t tmpfs -o mode=755,dev tmpfs $node/dev
mkdir $node/dev/pts $node/dev/shm $node/run/repository $node/run/tools
for device in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
  mknod -m 666 $node/dev/${device% *} c 1 "${device#* }"
done
ln -s /proc/self/fd $node/dev/fd
mount --bind "$repository" $node/run/repository
mount -o remount,bind,ro $node/run/repository
mount --bind "$tools" $node/run/tools
mount -o remount,bind,ro $node/run/tools
# machine NAME ROOT: another machine's root file system, as /opt/NAME of the node.
machine() {
  [ -n "$2" ] || return 0
  mkdir -p /mnt/"$1"-upper /mnt/"$1"-work $node/opt/"$1"
  mount -t overlay overlay $node/opt/"$1" \
    -o "lowerdir=$2,upperdir=/mnt/$1-upper,workdir=/mnt/$1-work"
  mount -t proc proc $node/opt/"$1"/proc
  mount --bind $node/dev $node/opt/"$1"/dev
}
# Who is moved from, and who is measured against (bench/relay).
machine cyrus "${EXORDOS_MAIL_CYRUS_ROOTFS:-}"
machine postfix "${EXORDOS_MAIL_POSTFIX_ROOTFS:-}"
