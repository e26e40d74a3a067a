# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The domains of an instance as exim looks them up: files for each, none for all.

    lookups/domains/<sha256 of the name>.cdb    name -> itself, selectors -> a:b
    lookups/domains/<sha256 of the name>.off    is there while the domain is disabled
    lookups/domains/<sha256 of the name>.in     is there while its mail is received here
    dkim/<name>/<selector>.key                  private keys, PEM
    dkim/<selector>.txt                         the primary domain's records, for people

exim asks whether a file exists, so that its open sessions know of a change at once; a
digest is a name that any text has and that is no path. What is read of a bucket is
remembered by its digest, without secrets: a change costs its bucket.
"""

import dataclasses
import functools
import hashlib
import typing as tp

from exordos_mail.dataplane.engine import cdb, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import dkim

_MODE = 0o640
_DOMAINS, _KEYS = "domains", "dkim_keys"


@dataclasses.dataclass(frozen=True)
class Key:
    """A signing key: what tells it from another one, and how its PEM is got."""

    selector: str
    version: str
    pem: tp.Callable[[], str] = dataclasses.field(repr=False, compare=False)


@dataclasses.dataclass(frozen=True)
class Domain:
    """What exim has of a domain."""

    name: str
    enabled: bool = True
    keys: tuple[Key, ...] = ()
    primary: bool = False
    receives: bool = False


class Domains(tp.NamedTuple):
    """The domains of an instance; `is_whole`: none is missing, nor its keys."""

    found: tuple[Domain, ...]
    is_whole: bool = True


def of_settings(spec: spec_lib.MailSpec) -> Domains:
    """Return the one domain that an instance without collections of them has."""
    return Domains((Domain(spec.domain, True, _keys_of(spec), True),))


def _keys_of(spec: spec_lib.MailSpec) -> tuple[Key, ...]:
    return tuple(
        Key(
            key.selector,
            hashlib.sha256(key.private_key.encode()).hexdigest(),
            functools.partial(str, key.private_key),
        )
        for key in spec.dkim_keys
    )


class DomainReader:
    """Finds the domains of a payload; what was read of a bucket is remembered.

    Payloads that differ in nothing of domains get the very same object, as long as
    none is damaged: with a thousand of them an account must not wait for all.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tp.Any] = {}
        self._last: tuple[tp.Any, Domains] | None = None

    def of(self, payload: payload_lib.Payload) -> Domains:
        """Return the domains; those of damaged buckets are left out.

        Raises:
            OSError: a text could not be read.
        """
        of_what = (
            payload.domain,
            payload.spec.mailboxes is None,
            payload.digests(_DOMAINS),
            # Without the collection they are those of the settings.
            payload.digests(_KEYS) if _KEYS in payload.collections else payload.spec,
        )
        if self._last is None or self._last[0] != of_what:
            found = self._read(payload)
            self._last = (of_what, found) if found.is_whole else None
            return found
        return self._last[1]

    def _read(self, payload: payload_lib.Payload) -> Domains:
        flags, is_whole = self._all(payload, _DOMAINS, _flags)
        if is_whole:
            flags = {payload.domain: _Flags(), **flags}
        keys, has_keys = self._keys(payload)
        keeps_mail = payload.spec.mailboxes is not None
        # Whose keys may be among those that are lost stays as it is.
        found = tuple(
            Domain(
                name,
                flags[name].enabled,
                keys.get(name, ()),
                name == payload.domain,
                flags[name].receives and keeps_mail,
            )
            for name in sorted(flags)
            if has_keys or name in keys
        )
        return Domains(found, is_whole and has_keys)

    def _keys(
        self, payload: payload_lib.Payload
    ) -> tuple[dict[str, tuple[Key, ...]], bool]:
        if _KEYS not in payload.collections:
            return {payload.domain: _keys_of(payload.spec)}, True
        found, is_whole = self._all(payload, _KEYS, _selectors)
        keys = {
            name: tuple(
                Key(
                    selector,
                    f"{bucket} {digest}",
                    functools.partial(_pem, payload, bucket, name, selector),
                )
                for selector, bucket, digest in of_domain
            )
            for name, of_domain in found.items()
        }
        return keys, is_whole

    def _all(
        self,
        payload: payload_lib.Payload,
        collection: str,
        read: tp.Callable[[str, str, tp.Mapping[str, tp.Any]], dict[str, tp.Any]],
    ) -> tuple[dict[str, tp.Any], bool]:
        """Return what `read` finds in a collection, and whether that is all."""
        found: dict[str, tp.Any] = {}
        known, whole = {}, True
        for bucket, digest in payload.digests(collection).items():
            place = (collection, bucket, digest)
            if place not in self._known:
                try:
                    content = payload.bucket(collection, bucket)
                except payload_lib.DamagedBucket:
                    whole = False
                    continue
                self._known[place] = read(bucket, digest, content)
            known[place] = self._known[place]
            found |= known[place]
        others = {one: of for one, of in self._known.items() if one[0] != collection}
        self._known = {**others, **known}
        return found, whole


Content = tp.Mapping[str, tp.Any]


class _Flags(tp.NamedTuple):
    enabled: bool = True
    receives: bool = False


def _flags(_: str, __: str, content: Content) -> dict[str, tp.Any]:
    return {
        name: _Flags(one.get("enabled", True), one.get("receives", False))
        for name, one in content.items()
    }


def _selectors(bucket: str, digest: str, content: Content) -> dict[str, tp.Any]:
    return {
        name: tuple((selector, bucket, digest) for selector in sorted(content[name]))
        for name in content
    }


def _pem(payload: payload_lib.Payload, bucket: str, domain: str, selector: str) -> str:
    key = payload.bucket(_KEYS, bucket).get(domain, {}).get(selector)
    if key is None:
        raise payload_lib.DamagedBucket(f"DKIM key {selector} of {domain} is lost")
    return tp.cast(str, key["private_key"])


def tree(domains: tp.Iterable[Domain], layout: layout_lib.Layout) -> files.Tree:
    """Return the files of domains by absolute path."""
    found: dict[str, files.Recipe] = {}
    for domain in domains:
        base = f"{layout.domains_dir}/{file_name(domain.name)}"
        found[base + ".cdb"] = files.Recipe(
            f"{domain.name} {' '.join(one.selector for one in domain.keys)}",
            functools.partial(_lookup, domain, layout),
        )
        for mark, is_set in ((".off", not domain.enabled), (".in", domain.receives)):
            if is_set:
                found[base + mark] = files.Recipe(
                    mark, functools.partial(_secret, layout, b"")
                )
        for key in domain.keys:
            path = f"{layout.dkim_dir}/{domain.name}/{key.selector}.key"
            version = f"{domain.name} {key.version} {key.selector}"
            found[path] = files.Recipe(
                version, functools.partial(_key_file, layout, key)
            )
            if domain.primary:
                found[f"{layout.dkim_dir}/{key.selector}.txt"] = files.Recipe(
                    version, functools.partial(_record_file, domain.name, key)
                )
    return found


def file_name(domain: str) -> str:
    """Return by which name exim finds the files of a domain."""
    return hashlib.sha256(domain.encode("ascii")).hexdigest()


def _lookup(domain: Domain, layout: layout_lib.Layout) -> files.File:
    rows = [(b"name", domain.name.encode("ascii"))]
    if domain.keys:
        selectors = ":".join(key.selector for key in domain.keys)
        rows.append((b"selectors", selectors.encode("ascii")))
    return _secret(layout, cdb.dumps(rows))


def _key_file(layout: layout_lib.Layout, key: Key) -> files.File:
    return _secret(layout, key.pem().encode("ascii"))


def _record_file(domain: str, key: Key) -> files.File:
    record = spec_lib.public_record(key.pem())
    line = dkim.zone_file_line(key.selector, domain, record)
    return files.File(line.encode("ascii"), mode=0o644)


def _secret(layout: layout_lib.Layout, content: bytes) -> files.File:
    return files.File(content, group=layout.exim_group, mode=_MODE)
