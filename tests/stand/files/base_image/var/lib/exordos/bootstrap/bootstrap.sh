#!/usr/bin/env bash
# Stand-in for the base image's bootstrap runner: every script, by name.
set -euo pipefail
for script in /var/lib/exordos/bootstrap/scripts/*; do
    if [[ -x $script ]]; then
        "$script"
    fi
done
