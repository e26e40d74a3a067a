# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From a specification to files: pure, no clock, no disk, no randomness.

The TLS certificate is the one managed file that is not rendered; see
`certificate.py`.
"""

import dataclasses
import functools
import hashlib
import typing as tp

import jinja2

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import cdb, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import grammar, quoting
from exordos_mail.protocol import revision as revision_lib
from exordos_mail.protocol import shards
from exordos_mail.standards import dkim

_SECRET_MODE = 0o640
_PUBLIC_MODE = 0o644

# Compared with the password of a login that does not exist, so that its
# answer takes as long as that of a wrong password. No password gives it: dots
# only is a digest that nobody knows an input of.
_DECOY_HASH = "$6$nobody$" + "." * 86

# What an address that is not written as it should be is exchanged for until it
# is refused; RFC 2606: never a real domain.
_PLACEHOLDER = "malformed@malformed.invalid"


@dataclasses.dataclass(frozen=True)
class Accounts:
    """Accounts by shards; a text is asked for only where a file is made of it."""

    digests: shards.Digests
    text: tp.Callable[[int], bytes] = dataclasses.field(repr=False)

    @classmethod
    def of(cls, hashes: tp.Mapping[str, str]) -> "Accounts":
        """Return the accounts of crypt(5) hashes by username."""
        texts = shards.split(hashes)
        return cls(shards.digests(texts), lambda shard: texts[shard])


def render(
    spec: spec_lib.MailSpec, accounts: Accounts, layout: layout_lib.Layout
) -> dict[str, files.Recipe]:
    """Return every rendered file of the node by absolute path."""
    made = {
        **render_settings(spec, layout),
        layout.exim_conf: render_conf(spec, layout),
    }
    return {
        **{path: files.Recipe.of(file) for path, file in made.items()},
        **render_accounts(spec.domain, accounts, layout),
    }


def render_conf(spec: spec_lib.MailSpec, layout: layout_lib.Layout) -> files.File:
    """Return exim's configuration; it depends on the domain and the layout only.

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


def render_accounts(
    domain: str, accounts: Accounts, layout: layout_lib.Layout
) -> dict[str, files.Recipe]:
    """Return the files that are made of accounts, none of which is made yet.

    A shard without accounts has a lookup file too: exim puts a login off when
    there is none.
    """

    def text(shard: int) -> bytes:
        return accounts.text(shard) if shard in accounts.digests else b""

    def database(shard: int) -> files.File:
        return _secret(
            layout,
            _cdb(
                (f"{username}@{domain}", hashed)
                for username, hashed in shards.accounts(text(shard)).items()
            ),
        )

    def everybody() -> files.File:
        # A hash has no colon, so each line has one.
        suffix = f"@{domain}:".encode("ascii")
        return _secret(
            layout,
            b"".join(text(n).replace(b":", suffix) for n in range(shards.COUNT)),
        )

    tree = {
        layout.passwd_cdb(shard): files.Recipe(
            f"{domain} {accounts.digests.get(shard, '')}",
            functools.partial(database, shard),
        )
        for shard in range(shards.COUNT)
    }
    key = revision_lib.compute(domain, "", accounts.digests)
    tree[layout.passwd] = files.Recipe(key, everybody)
    return tree


def render_settings(
    spec: spec_lib.MailSpec, layout: layout_lib.Layout
) -> dict[str, files.File]:
    """Return the files beside the accounts that take effect without a reload."""
    lookups = {
        "domains": [(spec.domain, "")],
        "limits": [("*", spec.rate_limit)],
        "dkim": _dkim_table(spec),
        "decoy": [("hash", _DECOY_HASH)],
    }
    tree = {
        f"{layout.lookups_dir}/{name}.cdb": _secret(layout, _cdb(rows))
        for name, rows in lookups.items()
    }
    networks = "".join(f"{network}\n" for network in spec.send_networks)
    tree[layout.networks] = _secret(layout, networks.encode("ascii"))
    for key in spec.dkim_keys:
        tree[f"{layout.dkim_dir}/{spec.domain}/{key.selector}.key"] = _secret(
            layout, key.private_key.encode("ascii")
        )
        tree[f"{layout.dkim_dir}/{key.selector}.txt"] = files.File(
            dkim.zone_file_line(key.selector, spec.domain, key.record).encode("ascii"),
            mode=_PUBLIC_MODE,
        )
    env = _environment().get_template("mail.env.j2").render(domain=spec.domain)
    tree[layout.mail_env] = files.File(env.encode("ascii"), mode=_PUBLIC_MODE)
    return tree


def render_trial(layout: layout_lib.Layout) -> files.File:
    """Return the file that tells exim that it runs on trial."""
    return _secret(layout, b"")


def _dkim_table(spec: spec_lib.MailSpec) -> list[tuple[str, str]]:
    if not spec.dkim_keys:
        return []
    selectors = ":".join(key.selector for key in spec.dkim_keys)
    return [(spec.domain, f"domain={spec.domain} selectors={selectors}")]


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
            revision=revision,
            exim_binary=layout.exim_binary,
            exim_user=layout.exim_user,
            spool_dir=layout.spool_dir,
            log_dir=layout.log_dir,
            pid_file=layout.pid_file,
            lookups_dir=layout.lookups_dir,
            passwd_dir=layout.passwd_dir,
            dkim_dir=layout.dkim_dir,
            certificates=layout.certificates,
            certificate_keys=layout.certificate_keys,
            local_interfaces=layout.local_interfaces,
            smtp_port=layout.smtp_port,
            submissions_port=layout.submissions_port,
            submission_port=layout.submission_port,
            send_port=layout.send_port,
            send_cdb=layout.send_cdb,
            send_login=c.SEND_SMTP_USER,
            networks=layout.networks,
            trial=layout.trial,
            placeholder=_PLACEHOLDER,
            grammar=grammar,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    # No autoescape: this is not HTML; the filters refuse what is not plain.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
        # exim's own text is full of braces.
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    environment.filters.update(quoting.FILTERS)
    environment.filters["exim_regex"] = quoting.exim_regex
    return environment
