#!/usr/bin/env bash

#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
