# shellcheck shell=bash
# Stand-in for the base image's library: the same names and effects, but the
# second disk is the directory that the hypervisor stand-in binds to
# /mnt/stand-disk, so there is nothing to partition or to format.

set -eu
set -o pipefail

PERSISTENT_MOUNT=/persist

find_persistent_disk() {
    mountpoint -q /mnt/stand-disk && echo /mnt/stand-disk
}

# _bind FROM TO: now, and in fstab for the next boot
_bind() {
    grep -q " $2 none bind" /etc/fstab 2>/dev/null || echo "$1 $2 none bind 0 0" >> /etc/fstab
    mount --bind "$1" "$2"
}

prepare_persistent_disk() {
    mkdir -p "$2"
    mountpoint -q "$2" || _bind "$1" "$2"
    echo "$1"
}

migrate_to_persistent() {
    if [[ ! -d $2 ]]; then
        rm -rf "$2.tmp"
        mkdir -p "$2.tmp"
        rsync -a "$1/" "$2.tmp/"
        mv "$2.tmp" "$2"
        find "$1" -mindepth 1 -delete
    fi
    _bind "$2" "$1"
}

migrate_to_persistent_restart() {
    migrate_to_persistent "$1" "$2"
    for service in $3; do systemctl restart "$service"; done
}

migrate_to_persistent_stop_start() {
    for service in $3; do systemctl stop "$service"; done
    migrate_to_persistent "$1" "$2"
    for service in $3; do systemctl start "$service"; done
}

persist_migrate_complete() {
    date -Iseconds > "$PERSISTENT_MOUNT/bootstrap_success.txt"
}
