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

"""Options of what leaves nodes (docs/adr/0022)."""

import ipaddress

from oslo_config import cfg


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text))


CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.ListOpt(
            "send_private_networks",
            default=[],
            item_type=_network,
            help=(
                "Networks (CIDR) that nodes may connect to although they are not "
                "public: exim to hosts that take mail, the send service for "
                "callbacks, attachments and SMTP servers of tenants. Without any, "
                "they go to public addresses only."
            ),
        )
    ],
    group="mail",
)


def private_networks() -> list[str]:
    """Return the networks in the usual form.

    Raises:
        cfg.ConfigFileValueError: one of them is none.
    """
    return list(CONF.mail.send_private_networks)
