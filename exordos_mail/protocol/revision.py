# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The revision of a node: what it must have in service, or really has.

The control plane says which revision it wants, the node reports the one that
is in service, so neither accounts nor keys are ever reported. Because it is
made of digests, a change of one account costs the digest of one shard.
"""

import hashlib
import json
import types
import typing as tp

from exordos_mail.protocol import shards

#: `dkim_keys` ({selector: {algorithm, private_key}}), `rate_limit`, and, if there
#: are any, `send_networks` (CIDR: where exim and the send service may go beside
#: the public Internet).
Settings = tp.Mapping[str, tp.Any]


def settings_digest(settings: Settings) -> str:
    """Return the sha256 (64 hex digits) of JSON values; order never matters."""
    return _sha256(settings)


def compute(
    domain: str,
    settings: str,
    digests: shards.Digests,
    tenants: tp.Mapping[str, str] = types.MappingProxyType({}),
) -> str:
    """Return the sha256 (64 hex digits) over everything that is configured.

    Args:
        domain: the canonical primary domain.
        settings: see `settings_digest`.
        digests: see `shards.digests`.
        tenants: tags by uuid. The revision of an instance without any is the
            one that software gives it that knows no tenants.
    """
    content: dict[str, tp.Any] = {
        "domain": domain,
        "settings": settings,
        "shards": [digests.get(shard, "") for shard in range(shards.COUNT)],
    }
    if tenants:
        content["tenants"] = dict(tenants)
    return _sha256(content)


def _sha256(value: tp.Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
