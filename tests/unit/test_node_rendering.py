# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The files of a node, compared with a tree that a person has read.

`UPDATE_GOLDEN=1` writes the tree anew; look at the difference before you
commit it.
"""

import os
import pathlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
import jinja2
import pytest

from exordos_mail.dataplane.engine import cdb, layout, spec, tls_pairs
from exordos_mail.dataplane.services.dovecot import paths as dovecot_paths
from exordos_mail.dataplane.services.dovecot import render as dovecot_render
from exordos_mail.dataplane.services.exim import principals, quoting, render
from exordos_mail.dataplane.services.web import paths as web_paths
from exordos_mail.dataplane.services.web import render as web_render
from exordos_mail.protocol import documents

_GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "node"
_LAYOUT = layout.Layout()
_SPREAD = tuple(f"/{bucket}.cdb" for bucket in range(documents.COUNT))
_ALIASES = {"sales": {"targets": ["alice@example.com", "x@example.org"]}}
_ACCOUNTS = {"bob.b": "$6$salt$" + "b" * 86, "alice": "$6$salt$" + "a" * 86}


def _key(selector: str, octet: int) -> spec.DKIMKey:
    pem = ed25519.Ed25519PrivateKey.from_private_bytes(
        bytes([octet]) * 32
    ).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return spec.DKIMKey(selector, "ed25519-sha256", pem.decode())


def _spec(**changes) -> spec.MailSpec:
    fields = {
        "domain": "example.com",
        "dkim_keys": (_key("platform", 1), _key("second", 2)),
        "rate_limit": "1000 / 1h",
    }
    return spec.MailSpec(**{**fields, **changes})


def _tree(accounts=_ACCOUNTS, **changes):
    made = principals.Principals.of(accounts, _ALIASES)
    wanted = _spec(**changes)
    tree = {
        **render.render(wanted, made, _LAYOUT),
        **render.render_tls(tls_pairs.Choice(), wanted, _LAYOUT),
    }
    return {path: recipe.make() for path, recipe in tree.items()}


def _web_tree():
    sites = (web_render.Site(("example.com",), "0123456789abcdef"),)
    socket = _LAYOUT.send_http_socket
    names = web_render.Names("mx.example.net", "example.com")
    return web_render.configuration(sites, names, socket, web_paths.Paths())


def _dovecot_tree():
    sites = (
        dovecot_render.TlsSite(("mx.example.net", "example.com"), "0123456789abcdef"),
        dovecot_render.TlsSite(("imap.second.org",), "fedcba9876543210"),
    )
    other = (dovecot_render.TlsSite(("mx.example.net",), "00112233445566778"),)
    names = dovecot_render.HostNames("mx.example.net", "example.com")
    paths = dovecot_paths.DovecotPaths()
    return dovecot_render.configuration(sites, other, names, paths)


def _as_text() -> dict[str, str]:
    """Return the tree as text: tables as rows, private keys left out."""
    texts = {}
    manifest = []
    for path, file in sorted({**_tree(), **_web_tree(), **_dovecot_tree()}.items()):
        manifest.append(f"{file.mode:04o} {file.owner}:{file.group} {path}\n")
        if path.endswith(".cdb"):
            rows = list(cdb.items(file.content))
            assert all(cdb.lookup(file.content, key) == value for key, value in rows)
            text = "".join(
                f"{key.decode()} -> {value.decode()}\n" for key, value in rows
            )
            # Nearly all buckets are empty.
            if text or not path.endswith(_SPREAD):
                texts[path + ".txt"] = text
        elif not path.endswith(".key"):
            texts[path] = file.content.decode()
    return {**texts, "/MANIFEST": "".join(manifest)}


def test_tree():
    texts = _as_text()
    if os.environ.get("UPDATE_GOLDEN"):
        for path, text in texts.items():
            target = _GOLDEN / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    golden = {
        "/" + str(path.relative_to(_GOLDEN)): path.read_text()
        for path in _GOLDEN.rglob("*")
        if path.is_file()
    }
    assert texts == golden


def test_private_keys_are_written_as_they_came():
    tree = _tree()
    for key in _spec().dkim_keys:
        file = tree[f"/etc/exim4/dkim/example.com/{key.selector}.key"]
        assert file.content.decode() == key.private_key
        assert (file.owner, file.group, file.mode) == ("root", "Debian-exim", 0o640)


def test_configuration_depends_on_the_domain_only():
    one = render.render_conf(_spec(), _LAYOUT)
    same = render.render_conf(_spec(dkim_keys=(), rate_limit="1 / 1h"), _LAYOUT)
    other = render.render_conf(_spec(domain="example.org"), _LAYOUT)
    assert one == same
    assert render.revision_of(one) != render.revision_of(other)


def test_configuration_holds_no_secret():
    conf = render.render_conf(_spec(), _LAYOUT).content
    for secret in (b"$6$", b"alice", b"PRIVATE"):
        assert secret not in conf


def test_no_accounts_are_empty_tables():
    tree = _tree(accounts={})
    assert tree["/etc/exim4/passwd"].content == b""
    for bucket in range(documents.COUNT):
        file = tree[f"/etc/exim4/lookups/passwd/{bucket}.cdb"]
        assert cdb.lookup(file.content, b"alice@example.com") is None


def test_account_is_in_the_table_of_its_bucket():
    tree = _tree()
    for username, hashed in _ACCOUNTS.items():
        path = f"/etc/exim4/lookups/passwd/{documents.bucket(username)}.cdb"
        address = f"{username}@example.com".encode()
        assert cdb.lookup(tree[path].content, address) == hashed.encode()


def test_one_changed_account_changes_the_keys_of_its_bucket_only():
    before = render.render(_spec(), principals.Principals.of(_ACCOUNTS), _LAYOUT)
    changed = {**_ACCOUNTS, "alice": "$6$salt$" + "c" * 86}
    after = render.render(_spec(), principals.Principals.of(changed), _LAYOUT)
    assert {path for path in before if before[path].key != after[path].key} == {
        "/etc/exim4/passwd",
        f"/etc/exim4/lookups/passwd/{documents.bucket('alice')}.cdb",
    }


@pytest.mark.parametrize("domain", ["a b.com", "${x}.com", "a\n.com", "x"])
def test_nothing_but_a_domain_gets_into_the_configuration(domain):
    with pytest.raises(quoting.QuotingError):
        render.render_conf(_spec(domain=domain), _LAYOUT)


def test_template_refuses_unknown_names():
    with pytest.raises(jinja2.UndefinedError):
        render._environment().from_string("[[ nothing ]]").render()


def test_rendering_is_pure(monkeypatch):
    def touched(*args, **kwargs):
        raise AssertionError("rendering touches the machine")

    first = _tree()
    for name in ("open", "replace", "unlink", "mkdir", "urandom"):
        monkeypatch.setattr(os, name, touched)
    assert _tree() == first
