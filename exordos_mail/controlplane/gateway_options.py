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

"""Options of the node gateway (docs/adr/0010)."""

from oslo_config import cfg

from exordos_mail import constants as c

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.HostAddressOpt(
            "gateway_host",
            default=None,
            help="Address to listen on for nodes; without it, all of this machine.",
        ),
        cfg.PortOpt(
            "gateway_port",
            default=c.GATEWAY_PORT,
            help=(
                "Port to listen on for nodes. 0: no gateway; then the payloads carry "
                "everything, and each change costs the size of the instance."
            ),
        ),
    ],
    group="mail",
)


def is_open() -> bool:
    """Tell whether nodes get their content from a gateway."""
    return bool(CONF.mail.gateway_port)
