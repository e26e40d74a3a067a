# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An instance: a tenant's mail server."""

import dataclasses
import typing as tp

from exordos_mail.schema import field, health, mailbox
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

CPU_MIN, CPU_MAX = 1, 128
RAM_MIN, RAM_MAX = 512, 1024**3  # MiB
DISK_MIN, DISK_MAX = 8, 1024**3  # GiB, the data disk

DOMAIN = Field(
    "domain",
    Kind.TEXT,
    "Primary mail domain, in lower case and without a dot at the end; a name in"
    " another script in its xn-- form. Set at creation.",
    "example.com",
    rule="domain",
    access=Access.SET_ONCE,
    sortable=True,
)


HOSTNAME = Field(
    "hostname",
    Kind.TEXT,
    "Host name of the machine: in its greeting and certificate, where MX records and"
    " its address point. One of the instance's domains or a name below one. Default:"
    " a name in the operator's zone where there is one, else `mail.` and the domain.",
    "mail.example.com",
    rule="domain",
    derived=True,
    sortable=True,
)


SMARTHOST = (
    Field(
        "smarthost",
        Kind.TEXT,
        "Name or IP address of the server that takes all outgoing mail; never the"
        " machine itself. null: mail goes straight to the hosts of its recipients.",
        "smtp.example.net",
        rule="smarthost",
        nullable=True,
    ),
    Field(
        "smarthost_port",
        Kind.INTEGER,
        "Port of the smarthost. Default: 465, 587 or 25, as `smarthost_tls` has it.",
        587,
        most=65535,
        derived=True,
    ),
    Field(
        "smarthost_tls",
        Kind.WORD,
        "implicit: TLS from the first octet (port 465). starttls: after STARTTLS. Both"
        " with a certificate that is valid for `smarthost`, else mail waits. none: no"
        " TLS and no password. Default: as `smarthost_port` has it, else starttls.",
        "starttls",
        default="starttls",
        words=("implicit", "starttls", "none"),
    ),
    Field(
        "smarthost_username",
        Kind.TEXT,
        "User name at the smarthost; it and `smarthost_password` go together. null:"
        " nobody logs in.",
        "shop",
        rule="credential",
        nullable=True,
    ),
    Field(
        "smarthost_password",
        Kind.TEXT,
        "Password at the smarthost; it goes over TLS only, is kept encrypted and never"
        " shown. With another `smarthost` it has to be given again.",
        "a long passphrase",
        rule="credential",
        nullable=True,
        access=Access.WRITE_ONLY,
        secret=True,
        sealed=True,
    ),
)
OUTBOUND = (
    Field(
        "outbound_family",
        Kind.WORD,
        "Version of IP by which mail leaves.",
        "any",
        default="any",
        words=("any", "ipv4", "ipv6"),
    ),
    Field(
        "outbound_address",
        Kind.TEXT,
        "Address of the machine that mail leaves from, by its version of IP alone;"
        " while the machine does not have it, mail waits and `status_reason` says so."
        " null: the machine's usual one.",
        "203.0.113.7",
        rule="source_address",
        nullable=True,
    ),
    Field(
        "outbound_return_path",
        Kind.WORD,
        "Where bounces of the send service's mail come to. host: to `hostname`, which"
        " tells the tenant; its record `return_path` has to be published, and with a"
        " smarthost or without an address of the name it is as sender. sender: to the"
        " sender's own address.",
        "host",
        default="sender",
        words=("sender", "host"),
    ),
)


def _size(name: str, text: str, example: int, least: int, most: int) -> Field:
    return Field(
        name, Kind.INTEGER, text, example, least=least, most=most, sortable=True
    )


def _objects(*names: str) -> dict[str, tp.Any]:
    """Return the JSON Schema of a list of objects whose members are texts."""
    members = {name: {"type": "string"} for name in names}
    return {"items": {"type": "object", "properties": members}}


def _observed(name: str, text: str, example: tp.Any, **more: tp.Any) -> Field:
    return Field(name, Kind.OWN, text, example, access=Access.READ_ONLY, **more)


_HIDDEN = ("image", "infra_status", "infra_reason", "service_status", "service_reason")

NOUN = Noun(
    "instance",
    "instances",
    "A mail server for one domain.",
    (
        field.named("Name for people.", "mail-prod", least=1, default=None),
        field.description("outgoing mail of the shop"),
        DOMAIN,
        HOSTNAME,
        _size("cpu", "Cores of the machine.", 2, CPU_MIN, CPU_MAX),
        _size("ram", "Memory of the machine in MiB.", 2048, RAM_MIN, RAM_MAX),
        _size(
            "disk_size", "Data disk in GiB; it never shrinks.", 20, DISK_MIN, DISK_MAX
        ),
        Field(
            "host_certificate",
            Kind.FLAG,
            "Whether the platform orders a certificate for `hostname` by itself, once"
            " for each name, as soon as the name leads to the machine, or is in a"
            " domain that is proven and has publish = rfc2136. It does so only where"
            " the operator has set an authority.",
            True,
            default=True,
            filterable=True,
        ),
        Field(
            "version",
            Kind.REFERENCE,
            "Image of the machine, by the path of its version; another one gives the"
            " machine another root disk.",
            None,
            rule="version",
            filterable=True,
        ),
        *SMARTHOST,
        *OUTBOUND,
        *mailbox.INSTANCE,
        _observed(
            "generation",
            "Counts the changes, those of accounts included.",
            7,
            filterable=True,
        ),
        _observed(
            "applied_generation",
            "Newest generation that the machine has applied; equal to `generation`"
            " when every change is in service.",
            7,
        ),
        _observed(
            "status",
            "NEW: nothing done yet. IN_PROGRESS: under way. ACTIVE: applied, and the"
            " mail server answers. ERROR: see `status_reason`.",
            "ACTIVE",
            sortable=True,
        ),
        _observed(
            "status_reason",
            "Why the status is what it is, for people; empty when ACTIVE.",
            "",
        ),
        _observed("ipsv4", "All IPv4 addresses of the machines.", ["203.0.113.7"]),
        _observed(
            "ipv4",
            "The first IPv4 address; null until there is one.",
            "203.0.113.7",
            filterable=True,
        ),
        _observed(
            "dkim_selector",
            "Selector of the RSA key; null until the machine has it.",
            "platform-0123456789ab",
        ),
        _observed(
            "dkim_public_key",
            "TXT record data of the RSA key; null until the machine has it.",
            "v=DKIM1; k=rsa; p=MIIBIjANBgkq...",
        ),
        _observed(
            "dkim_keys",
            "TXT records to publish, one for each DKIM key in use.",
            [
                {
                    "selector": "platform-0123456789ab",
                    "name": "platform-0123456789ab._domainkey.example.com",
                    "type": "TXT",
                    "value": "v=DKIM1; k=rsa; p=MIIBIjANBgkq...",
                }
            ],
            schema=_objects("selector", "name", "type", "value"),
        ),
        _observed(
            "certificates",
            "The certificates that the machine shows to clients, as it reports them;"
            " the usual one first. `issuer` is empty for one that the machine made"
            " itself, which it shows until it has another. `sha256` is the digest to"
            " compare with, `pem` what a client is to trust.",
            [
                {
                    "key_type": "ECDSA",
                    "not_after": "2027-03-04T12:00:00Z",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015"
                    "a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "serial": "4d65a1b2c3",
                    "issuer": "CN=R11,O=Let's Encrypt,C=US",
                    "pem": "-----BEGIN CERTIFICATE-----\n...",
                }
            ],
            schema=_objects(
                "key_type", "not_after", "sha256", "serial", "issuer", "pem"
            ),
        ),
        health.FIELD,
        *(
            dataclasses.replace(_observed(name, "", None), access=Access.HIDDEN)
            for name in _HIDDEN
        ),
    ),
    key="domain",
    permission="mail_instance",
    conflict="an instance of this uuid or host name exists, or its version is gone",
    listed=("uuid", "name", "domain", "status", "ipv4"),
)
