# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the authority that certificates come from (docs/adr/0031)."""

from oslo_config import cfg

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.StrOpt(
            "acme_directory",
            default="",
            help=(
                "Address (https) of the directory of an authority that speaks ACME "
                "(RFC 8555), such as "
                "https://acme-v02.api.letsencrypt.org/directory. Empty: nobody is "
                "asked for certificates. To set it is to agree to the authority's "
                "terms of service."
            ),
        ),
        cfg.StrOpt(
            "acme_email",
            default="",
            help="Address that the authority may write to; empty: none is given.",
        ),
        cfg.StrOpt(
            "acme_ca_file",
            default="",
            help=(
                "PEM file of the authorities that the directory's own certificate is "
                "trusted by; empty: those of the machine."
            ),
        ),
        cfg.BoolOpt(
            "acme_host_names",
            default=True,
            help=(
                "Order a certificate for the host name of each instance by itself, "
                "once the DNS leads from the name to the machine, as `dns_resolver` "
                "sees it. An instance opts out with `host_certificate`."
            ),
        ),
        cfg.BoolOpt(
            "acme_check_names",
            default=True,
            help=(
                "Ask the authority only for names that have an address in the DNS as "
                "this machine sees it. An authority counts attempts for others "
                "against the whole account."
            ),
        ),
    ],
    group="mail",
)
