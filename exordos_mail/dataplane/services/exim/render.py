# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From a specification to files: pure, no clock, no disk, no randomness.

The TLS certificate is the one managed file that is not rendered; see
`certificate.py`.
"""

import functools
import hashlib
import typing as tp

import jinja2

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import (
    cdb,
    files,
    templates,
    tls_pairs,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import domains as domains_lib
from exordos_mail.dataplane.services.exim import (
    grammar,
    outbound,
    principals,
    quoting,
)
from exordos_mail.standards import smarthost

_SECRET_MODE = 0o640
_PUBLIC_MODE = 0o644

# Compared with the password of a login that does not exist, so that its
# answer takes as long as that of a wrong password. No password gives it: dots
# only is a digest that nobody knows an input of.
_DECOY_HASH = "$6$nobody$" + "." * 86

# What an address that is not written as it should be is exchanged for until it
# is refused; RFC 2606: never a real domain.
_PLACEHOLDER = "malformed@malformed.invalid"


def render(
    spec: spec_lib.MailSpec,
    who: principals.Principals,
    layout: layout_lib.Layout,
    of_domains: files.Tree | None = None,
    way: smarthost.Way | None = None,
) -> dict[str, files.Recipe]:
    """Return every rendered file of the node by absolute path.

    `who`: accounts and aliases.
    `of_domains`: files of the domains that it serves (`domains.tree`); None: it serves
    the primary one with the settings' keys.
    `way`: how mail leaves; None: straight to the hosts of its recipients.
    """
    made = {
        **render_settings(spec, layout),
        layout.exim_conf: render_conf(spec, layout),
    }
    if of_domains is None:
        of_domains = domains_lib.tree(domains_lib.of_settings(spec).found, layout)
    return {
        **{path: files.Recipe.of(file) for path, file in made.items()},
        **of_domains,
        **outbound.tree(way or smarthost.Way(), layout),
        **principals.tree(spec, who, layout),
    }


def render_conf(spec: spec_lib.MailSpec, layout: layout_lib.Layout) -> files.File:
    """Return exim's configuration; it depends on the names and the layout only.

    It carries its own revision (see `revision_of`), so two configurations that
    differ anywhere have different revisions.
    """
    draft = _exim_conf(spec, layout, revision="0")
    revision = hashlib.sha256(draft.encode()).hexdigest()[:16]
    text = _exim_conf(spec, layout, revision=revision)
    return _secret(layout, text.encode("ascii"))


def revision_of(conf: files.File) -> str:
    """Return the revision that a daemon with this configuration announces."""
    _, _, rest = conf.content.partition(b"revision=")
    return rest[:16].decode("ascii")


def render_settings(
    spec: spec_lib.MailSpec, layout: layout_lib.Layout
) -> dict[str, files.File]:
    """Return the files beside the accounts that take effect without a reload."""
    lookups = {
        "limits": [("*", spec.rate_limit)],
        "decoy": [("hash", _DECOY_HASH)],
    }
    tree = {
        f"{layout.lookups_dir}/{name}.cdb": _secret(layout, _cdb(rows))
        for name, rows in lookups.items()
    }
    networks = "".join(f"{network}\n" for network in spec.send_networks)
    tree[layout.networks] = _secret(layout, networks.encode("ascii"))
    hold = _environment().get_template("hold.filter.j2")
    filtered = hold.render(domains_dir=layout.domains_dir)
    tree[layout.hold_filter] = _secret(layout, filtered.encode("ascii"))
    env = _environment().get_template("mail.env.j2").render(domain=spec.domain)
    tree[layout.mail_env] = files.File(env.encode("ascii"), mode=_PUBLIC_MODE)
    return tree


def render_trial(layout: layout_lib.Layout) -> files.File:
    """Return the file that tells exim that it runs on trial."""
    return _secret(layout, b"")


def render_tls(
    choice: tls_pairs.Choice, spec: spec_lib.MailSpec, layout: layout_lib.Layout
) -> files.Tree:
    """Return the pairs that the platform gave, and who is shown which."""
    rows = {name: pair.path(layout) for name, pair in choice.by_name.items()}
    default = choice.default(*tls_pairs.own_names(spec))
    rows["*"] = (
        default.path(layout) if default else " : ".join(layout.combined_certificates)
    )
    made = {one.path(layout): one.file(layout) for one in choice.pairs}
    made[layout.tls_cdb] = _secret(layout, _cdb(sorted(rows.items())))
    return {path: files.Recipe.of(file) for path, file in made.items()}


def _cdb(rows: tp.Iterable[tuple[str, str]]) -> bytes:
    return cdb.dumps(
        (key.encode("ascii"), value.encode("ascii")) for key, value in rows
    )


def _secret(layout: layout_lib.Layout, content: bytes) -> files.File:
    return files.File(content, group=layout.exim_group, mode=_SECRET_MODE)


def _exim_conf(
    spec: spec_lib.MailSpec, layout: layout_lib.Layout, revision: str
) -> str:
    return (
        _environment()
        .get_template("exim4.conf.j2")
        .render(
            domain=spec.domain,
            hostname=spec.host,
            revision=revision,
            exim_binary=layout.exim_binary,
            exim_user=layout.exim_user,
            spool_dir=layout.spool_dir,
            bounces_dir=layout.bounces_dir,
            log_dir=layout.log_dir,
            pid_file=layout.pid_file,
            lookups_dir=layout.lookups_dir,
            passwd_dir=layout.passwd_dir,
            dkim_dir=layout.dkim_dir,
            tls_cdb=layout.tls_cdb,
            domains_dir=layout.domains_dir,
            hold_filter=layout.hold_filter,
            local_interfaces=layout.local_interfaces,
            smtp_port=layout.smtp_port,
            submissions_port=layout.submissions_port,
            submission_port=layout.submission_port,
            send_port=layout.send_port,
            send_cdb=layout.send_cdb,
            sieve_port=layout.sieve_port,
            mailbox_user=c.MAILBOX_USER,
            send_login=c.SEND_SMTP_USER,
            networks=layout.networks,
            resolv_conf=layout.resolv_conf,
            mta_sts_socket=layout.mta_sts_socket,
            lmtp_socket=layout.lmtp_socket,
            quota_socket=layout.quota_socket,
            delivery_header=c.DELIVERY_HEADER,
            aliases_dir=layout.aliases_dir,
            srs_cdb=layout.srs_cdb,
            former_cdb=layout.former_cdb,
            outbound_cdb=layout.outbound_cdb,
            unused=layout.unused,
            trial=layout.trial,
            placeholder=_PLACEHOLDER,
            grammar=grammar,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    # The filters refuse what is not plain.
    environment = templates.environment(__package__)
    environment.filters.update(quoting.FILTERS)
    environment.filters["exim_regex"] = quoting.exim_regex
    return environment
