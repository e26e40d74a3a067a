#!/bin/sh
# Start exim; the directory of the mail comes from outside.
set -eu
chown Debian-exim:Debian-exim /stand/mail
exec exim4 -bdf -q10s
