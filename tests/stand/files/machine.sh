#!/usr/bin/env bash
# machine.sh HOME UUID STATE CACHE VENV: set up the mount namespace of one machine
# (runs once, inside the new namespace; see machines.py).
set -euo pipefail
home=$1 uuid=$2 state=$3 cache=$4 venv=$5

# keep DIR: show DIR at its own path although a tmpfs covers /var/lib
keep() {
    mkdir -p "$home/varlib$1"
    mount --rbind "/var/lib$1" "$home/varlib$1"
}

mkdir -p "$home"/{etc,workdir/etc,varlib,dmi/id}
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$home/etc,workdir=$home/workdir/etc" /etc

mount -t tmpfs -o mode=755 tmpfs "$home/varlib"
for path in "$state" "$cache"; do
    case $path in
        /var/lib/*) keep "${path#/var/lib}" ;;
    esac
done
mkdir "$home/varlib/exordos"
mount --bind "$home/exordos" "$home/varlib/exordos"
mount --rbind "$home/varlib" /var/lib

if [[ -n $venv ]]; then
    mkdir -p "$home"/venv "$home"/workdir/venv
    mount -t overlay overlay -o "lowerdir=$venv,upperdir=$home/venv,workdir=$home/workdir/venv" "$venv"
fi

if [[ -n $uuid ]]; then
    mount -t tmpfs -o size=64k,mode=755 tmpfs /sys/class
    mkdir -p /sys/class/dmi/id
    echo "$uuid" > /sys/class/dmi/id/product_uuid
fi
