# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificates that the platform gives a node, and those that it goes on with.

A pair is judged once more before it is shown: another name, an expired certificate or a
wrong key would stop all mail that asks for TLS. One that is not good takes nobody's
place: what was shown before stays, and stands in a file beside those of exim.

A file is named by the digest of its content, and holds chain and key together: whoever
opens it gets both of one pair. It stays for a minute after another one took its place,
for sessions that were told its name just before.
"""

import dataclasses
import datetime
import functools
import hashlib
import logging
import time

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import address, certificate_forms, certificate_pair, rule

LOG = logging.getLogger(__name__)

COLLECTION = "certificates"
#: How long a file stays that nothing names any more, in seconds.
LINGER = 60.0
# A pair that is not valid yet is looked at again after so many seconds.
_AGAIN = 60.0
_MODE = 0o640
_BEGIN_KEY = "-----BEGIN"
_monotonic = time.monotonic


@dataclasses.dataclass(frozen=True)
class Pair:
    """A chain and its key, which clients are shown.

    Attributes:
        uuid: of the certificate in the control plane.
        hostname: the name that it was made for.
        names: that name and the others of the certificate, without those with `*`.
        chain, key: PEM, each with a line's end.
    """

    uuid: str
    hostname: str
    names: tuple[str, ...]
    chain: str
    key: str = dataclasses.field(repr=False)

    @functools.cached_property
    def digest(self) -> str:
        """The first 16 digits of the sha256 of both."""
        return hashlib.sha256(self.combined).hexdigest()[:16]

    @property
    def combined(self) -> bytes:
        """Chain and key as they stand in one file."""
        return (self.chain + self.key).encode("ascii")

    @functools.cached_property
    def leaf(self) -> str:
        """The server's own certificate, PEM."""
        begin, end, _ = self.chain.partition("-----END CERTIFICATE-----\n")
        return begin + end

    def path(self, layout: layout_lib.Layout) -> str:
        """Return where its file is."""
        return f"{layout.tls_dir}/{self.uuid}-{self.digest}.pem"

    def file(self, layout: layout_lib.Layout) -> files.File:
        """Return the file, which exim may read."""
        return files.File(self.combined, group=layout.exim_group, mode=_MODE)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What clients are shown beside the certificates that the node makes itself.

    `lingering` are paths of files that are to stay for a while.
    """

    pairs: tuple[Pair, ...] = ()
    lingering: frozenset[str] = frozenset()

    @functools.cached_property
    def by_name(self) -> dict[str, Pair]:
        """Which pair a client is shown that asks for a name."""
        own = {one.hostname: one for one in self.pairs}
        others = {name: one for one in reversed(self.pairs) for name in one.names}
        return {**others, **own}

    def default(self, *names: str) -> Pair | None:
        """Return the pair of the first of the names that has one."""
        return next((self.by_name[one] for one in names if one in self.by_name), None)


class Keeper:
    """Chooses what is shown, and remembers what it found."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._judged: dict[str, tuple[str, float, Pair | None]] = {}
        self._shown: dict[str, Pair] = {}
        self._leaving: dict[str, float] = {}

    def of(
        self, payload: payload_lib.Payload, now: datetime.datetime | None = None
    ) -> Choice:
        """Return what is shown of a payload that is in the store.

        Args:
            payload: its texts may be damaged: what was shown stays then, too.
            now: for tests.
        """
        now = now or datetime.datetime.now(datetime.timezone.utc)
        wanted = payload.digests(COLLECTION)
        found = {
            uuid: pair
            for uuid, digest in wanted.items()
            if (pair := self._pair(payload, uuid, digest, now)) is not None
        }
        self._note(found)
        self._judged = {one: self._judged[one] for one in wanted if one in self._judged}
        lingering = frozenset(self._leaving)
        return Choice(tuple(found[one] for one in sorted(found)), lingering)

    def _pair(
        self,
        payload: payload_lib.Payload,
        uuid: str,
        digest: str,
        now: datetime.datetime,
    ) -> Pair | None:
        known, until, pair = self._judged.get(uuid, ("", 0.0, None))
        if known == digest and (pair is not None or _monotonic() < until):
            return pair or self._shown.get(uuid)
        pair = self._judge(payload, uuid, now)
        self._judged[uuid] = digest, _monotonic() + _AGAIN, pair
        return pair or self._shown.get(uuid) or self._on_disk(payload, uuid)

    def _judge(
        self, payload: payload_lib.Payload, uuid: str, now: datetime.datetime
    ) -> Pair | None:
        try:
            made = _made(payload, uuid)
            if made is None:
                return None
            if files.is_in_place(
                self._layout, made.path(self._layout), made.file(self._layout)
            ):
                return made  # it is shown already: its time does not end it
            certificate_pair.check(made.chain, made.key, made.hostname, now)
        except (certificate_pair.PairError, payload_lib.DamagedBucket) as exc:
            LOG.warning("certificate %s is not taken: %s", uuid, exc)
            return None
        return made

    def _on_disk(self, payload: payload_lib.Payload, uuid: str) -> Pair | None:
        """Return the newest pair of a certificate that was shown before a restart."""
        directory = self._layout.disk(self._layout.tls_dir)
        found = sorted(
            directory.glob(f"{uuid}-*.pem"), key=lambda path: path.stat().st_mtime_ns
        )
        for path in reversed(found):
            chain, begin, key = path.read_text("ascii", "replace").rpartition(
                _BEGIN_KEY
            )
            try:
                facts = certificate_pair.facts(chain)
                return _pair_of(
                    uuid, _hostname(payload, uuid, facts), chain, begin + key
                )
            except certificate_pair.PairError:
                continue
        return None

    def _note(self, found: dict[str, Pair]) -> None:
        """Have the files stay for a while that another one has taken the place of."""
        now = _monotonic()
        paths = {one.path(self._layout) for one in found.values()}
        for one in self._shown.values():
            self._leaving.setdefault(one.path(self._layout), now + LINGER)
        self._leaving = {
            path: until
            for path, until in self._leaving.items()
            if path not in paths and now < until
        }
        self._shown = found


def own_names(spec: spec_lib.MailSpec) -> tuple[str, ...]:
    """Return the names that a server answers to without being asked for any."""
    return tuple(dict.fromkeys((spec.host, spec.domain)))


def _made(payload: payload_lib.Payload, uuid: str) -> Pair | None:
    """Return the pair of a document, unjudged; None: there is no document.

    Raises:
        PairError: it has not even the form of one.
        DamagedBucket: its text is lost.
    """
    document = payload.bucket(COLLECTION, uuid).get(uuid)
    if document is None:
        return None
    try:
        chain = certificate_forms.check_chain(document["chain"])
        key = certificate_forms.check_key(document["private_key"])
    except rule.RuleError as error:
        raise certificate_pair.PairError("chain", str(error)) from None
    return _pair_of(uuid, document["names"][0], chain, key)


def _pair_of(uuid: str, hostname: str, chain: str, key: str) -> Pair:
    """Return a pair.

    Raises:
        PairError: its first certificate cannot be read.
    """
    names = [hostname]
    for name in certificate_pair.facts(chain).names:
        lower = name.lower()
        if lower not in names and _is_domain(lower):
            names.append(lower)
    plain = (text.replace("\r", "").strip() + "\n" for text in (chain, key))
    return Pair(uuid, hostname, tuple(names), *plain)


def _hostname(
    payload: payload_lib.Payload, uuid: str, facts: certificate_pair.LeafFacts
) -> str:
    try:
        names = payload.bucket(COLLECTION, uuid)[uuid]["names"]
        return str(names[0])
    except (payload_lib.DamagedBucket, KeyError):
        return next(
            (one for one in facts.names if _is_domain(one)), "localhost.invalid"
        )


def _is_domain(name: str) -> bool:
    try:
        address.check_domain(name)
    except address.AddressPartError:
        return False
    return True
