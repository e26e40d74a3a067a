#!/usr/bin/env bash

# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

# build_wheel.sh: put the wheel of this work tree, and nothing else, into dist/.
#
# `exordos build` runs it for the element's artifact; `make wheel` does the same.
# The wheel of a commit is the same every time: its timestamps are the commit's.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if epoch=$(git log -1 --format=%ct 2> /dev/null); then
    export SOURCE_DATE_EPOCH=$epoch
fi
# setuptools would pack what an earlier build of other sources left in build/
rm -rf build dist
"${PYTHON:-python3}" -m pip wheel --quiet --no-deps --wheel-dir dist .
