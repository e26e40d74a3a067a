#!/usr/bin/env bash
# client.sh ROOT PROGRAMS JOB NAME COMMAND...: run COMMAND in the root file system of the
# mail clients, on a machine that is called NAME. Runs in a mount and a UTS namespace of
# its own: nothing that the command writes outlives it but what lies in /job.
set -euo pipefail
root=$1 programs=$2 job=$3 name=$4
shift 4

mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/{upper/etc,work,root}
cp /etc/hosts /etc/resolv.conf /mnt/upper/etc
mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mkdir -p /mnt/root/{job,programs}
mount --bind "$job" /mnt/root/job
mount --bind "$programs" /mnt/root/programs
mount --bind /proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
# The kernel takes any octets, as the machines of people have them; `hostname` does not.
printf %s "$name" > /proc/sys/kernel/hostname
exec chroot /mnt/root env -i -C /job HOME=/job LANG=C.UTF-8 LC_ALL=C.UTF-8 \
    PATH=/usr/local/bin:/usr/bin:/bin "$@"
