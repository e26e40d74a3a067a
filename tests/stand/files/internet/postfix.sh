#!/bin/sh
# Start the two judges (DKIM; SPF and DMARC), the web server of the policy, and postfix.
set -eu
install -d -o mail -g mail /stand/mail
mkdir -p /stand/log
opendkim -x /stand/opendkim.conf
opendmarc -c /stand/opendmarc.conf
nginx -c /stand/nginx.conf
newaliases
exec postfix start-fg
