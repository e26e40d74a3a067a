# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the nodes' own resolver (docs/adr/0035)."""

import ipaddress
import typing as tp

from oslo_config import cfg

from exordos_mail.standards import trust_anchor


def _address(text: str) -> str:
    if "%" in text:
        raise ValueError("an address with a zone (RFC 4007) is of one machine only")
    return str(ipaddress.ip_address(text))


CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.BoolOpt(
            "node_resolver",
            default=True,
            help=(
                "Whether each node has a resolver of its own that validates (DNSSEC), "
                "which exim asks as soon as it has proved the root: it is what DANE "
                "needs. Without, exim asks the platform's and knows neither DANE nor "
                "MTA-STS."
            ),
        ),
        cfg.ListOpt(
            "node_forwarders",
            default=[],
            item_type=_address,
            help=(
                "Addresses of name servers that the nodes' resolvers ask; these must "
                "hand DNSSEC records on. Without any, they ask the authoritative "
                "servers, from the root on."
            ),
        ),
        cfg.ListOpt(
            "node_trust_anchors",
            default=[],
            item_type=trust_anchor.canonical,
            help=(
                "Trust anchors of the nodes' resolvers in place of the keys of the "
                "internet's root: lines of the type DS or DNSKEY, for a network with "
                "a root of its own."
            ),
        ),
    ],
    group="mail",
)


def resolver() -> dict[str, tp.Any] | None:
    """Return what nodes are told of their resolver; None: they have none.

    Raises:
        cfg.ConfigFileValueError: an address or an anchor is none.
    """
    told = {
        "forwarders": list(CONF.mail.node_forwarders),
        "anchors": list(CONF.mail.node_trust_anchors),
    }
    return told if CONF.mail.node_resolver else None
