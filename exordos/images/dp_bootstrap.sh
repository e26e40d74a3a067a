#!/usr/bin/env bash

# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

# dp_bootstrap.sh: run by the base image's exordos-bootstrap.service at boot.
#
# Moves what must outlive the root disk (mail, queues, logs, the last payload) to the
# data disk, then lets the services start. Safe to run at every boot and after
# the root disk has been replaced: data that is already there is only mounted.

set -euo pipefail

# shellcheck source=/dev/null
source "${EXORDOS_BOOTSTRAP_LIB:-/usr/local/lib/exordos/lib_bootstrap.sh}"
set +x

EXIM_USER=Debian-exim
STATE_DIR=/var/lib/exordos/exordos_metapaas
SPOOL_DIR=/var/spool/exim4
LOG_DIR=/var/log
SEND_USER=exordos-mail-send
SEND_DIR=/var/lib/exordos-mail-send
MAILBOX_USER=vmail
MAIL_STORE_DIR=/var/mail/vhosts

# persist DIR: keep DIR on the data disk. A reboot finds it mounted by fstab.
persist() {
    if mountpoint -q "$1"; then
        echo "$1 is on the data disk already"
    else
        migrate_to_persistent "$1" "${PERSISTENT_MOUNT}$1"
    fi
}

# own DIR USER GROUP: a new image may have given the user another number.
own() {
    if [[ -d $1 ]] && [[ $(stat -c %U:%G "$1") != "$2:$3" ]]; then
        chown -R "$2:$3" "$1"
    fi
}

# The library says "no disk" by failing.
disk=$(find_persistent_disk || true)
if [[ -n $disk ]]; then
    prepare_persistent_disk "$disk" "$PERSISTENT_MOUNT"
    mkdir -p "$PERSISTENT_MOUNT/var/lib/exordos" "$PERSISTENT_MOUNT/var/spool" \
        "$PERSISTENT_MOUNT/var/mail"
    persist "$STATE_DIR"
    persist "$SPOOL_DIR"
    persist "$SEND_DIR"
    persist "$MAIL_STORE_DIR"
    if ! mountpoint -q "$LOG_DIR"; then
        persist "$LOG_DIR"
        for unit in systemd-journald.service rsyslog.service; do
            if systemctl -q is-active "$unit"; then
                systemctl restart "$unit"
            fi
        done
    fi
    persist_migrate_complete
else
    echo "no data disk: mail, queues and logs stay on the root disk" >&2
fi

chmod 700 "$STATE_DIR" "$SEND_DIR" "$MAIL_STORE_DIR"
# Below Debian's /var/mail it inherits this bit, which Dovecot would give to all that it
# makes, and its unit's RestrictSUIDSGID= lets nobody give.
chmod g-s "$MAIL_STORE_DIR"
install -d -m 2750 -o "$EXIM_USER" -g adm "$LOG_DIR/exim4"
own "$SPOOL_DIR" "$EXIM_USER" "$EXIM_USER"
own "$LOG_DIR/exim4" "$EXIM_USER" adm
own "$SEND_DIR" "$SEND_USER" "$SEND_USER"
own "$MAIL_STORE_DIR" "$MAILBOX_USER" "$MAILBOX_USER"

# --no-block: these units wait for the unit that runs this script.
systemctl --no-block start exordos-metapaas-mail-configure.service \
    exordos-metapaas-mail-agent.service exim4.service exordos-mail-send.service \
    exordos-mail-web.service exordos-mail-resolver.service \
    exordos-mail-mta-sts.service exordos-mail-dovecot.service
echo "mail node: storage is ready"
