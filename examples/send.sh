#!/bin/sh
# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
#
# send.sh FROM TO: send a message with curl, then show what became of it.
# SEND_URL is the service, as http://127.0.0.1:8025; SEND_KEY_FILE holds a key.
set -eu

# From a file: an argument of curl could be seen in the list of processes.
authorize() { printf 'header = "Authorization: Bearer %s"\n' "$(cat "$SEND_KEY_FILE")"; }

message=$(printf '{"from": "%s", "to": "%s", "subject": "Hello", "text": "Sent with curl."}' "$1" "$2")

# 202: the message is on durable storage.
answer=$(authorize | curl -sS --fail-with-body --config - \
    -H 'Content-Type: application/json' -d "$message" "$SEND_URL/v1/messages")
echo "$answer"

id=$(echo "$answer" | sed 's/.*"id":"\([^"]*\)".*/\1/')
authorize | curl -sS --fail-with-body --config - "$SEND_URL/v1/messages/$id"
echo
