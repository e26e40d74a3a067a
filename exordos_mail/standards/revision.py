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

"""The revision of a node payload: what the node must have in service."""

import hashlib
import json
import typing as tp


def compute(domain: str, bulk: tp.Mapping[str, tp.Any]) -> str:
    """Return the sha256 (64 hex digits) of what a payload configures.

    The control plane sends it beside the bulk, the node checks it and reports
    the revision that is really in service, so the bulk itself (hashes, private
    keys) is neither part of the platform's hash nor ever reported.

    Shape of the input: `domain` is the canonical domain, `bulk` holds JSON
    values only (`accounts`, `dkim_keys`, `rate_limit`). Order never matters.
    """
    canonical = json.dumps(
        {"domain": domain, "bulk": bulk}, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
