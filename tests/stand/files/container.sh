#!/usr/bin/env bash
# container.sh LOWER HOME CGROUP ARGS...: run systemd-nspawn with ARGS on an overlay
# of LOWER. Runs in a mount namespace of its own, so that the overlay goes away with
# the last process of the container, however it ends.
set -euo pipefail
lower=$1 home=$2 group=$3
shift 3

# A control group of its own: nspawn calls the container's group "payload", so two
# containers side by side would share one, and one's systemd would meet the other's.
if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
    hierarchies=(/sys/fs/cgroup)
else
    hierarchies=(/sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup/memory)
fi
for hierarchy in "${hierarchies[@]}"; do
    if [[ -e $hierarchy/cgroup.procs ]]; then
        mkdir -p "$hierarchy/$group"
        echo $$ > "$hierarchy/$group/cgroup.procs"
    fi
done

mkdir -p "$home"/{upper,work,merged}
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" "$home/merged"
exec systemd-nspawn -q -D "$home/merged" --resolv-conf=off --timezone=off \
    --link-journal=no --register=no --keep-unit --console=pipe "$@"
