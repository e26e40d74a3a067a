# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is to be done in one set of records: those of one name and type."""

import typing as tp

from exordos_mail.standards.dns.record import CHALLENGE, Record

#: What a text begins with that must be the only one of its kind at a name.
_TAGS = {
    "spf": "v=spf1",
    "dmarc": "v=dmarc1",
    "mta_sts": "v=stsv1",
    "tls_rpt": "v=tlsrptv1",
}
#: Beside these, records of others do no harm.
_MANY = ("TLSA",)

Key = tuple[str, str]


class Conflict(Exception):
    """Somebody else's record is where ours would be; the text is for the tenant."""


class Step(tp.NamedTuple):
    """A change of the records of one name and type.

    Attributes:
        name, type: of the set, as in `record.Record`.
        found: values that are there now, whoever made them.
        add: records that are to be published.
        remove: values of ours that are to go.
    """

    name: str
    type: str
    found: tuple[str, ...]
    add: tuple[Record, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is anything to do at the server."""
        return bool(self.add or set(self.remove) & set(self.found))


def keys(wanted: tp.Iterable[Record], made: tp.Iterable[Key]) -> list[Key]:
    """Return the sets that have to be looked at: what is wanted in its order first."""
    return list(dict.fromkeys([*((one.name, one.type) for one in wanted), *made]))


def step(
    key: Key,
    wanted: tp.Iterable[Record],
    made: tp.Collection[str],
    found: tp.Collection[str],
) -> Step:
    """Return what is to be done in a set.

    A value that is wanted and there already, though not made by us, is left alone: it
    is somebody else's and stays when ours go.

    Args:
        key: name and type of the set.
        wanted: all records that are wanted.
        made: values in the set that we have made, or may have.
        found: values in the set.

    Raises:
        Conflict: what is to be added cannot stand beside what somebody else has there.
    """
    name, kind = key
    ours = [one for one in wanted if (one.name, one.type) == key]
    add = tuple(one for one in ours if one.value not in found)
    remove = tuple(sorted(set(made) - {one.value for one in ours}))
    foreign = set(found) - set(made)
    for record in add:
        for value in sorted(foreign):
            if not stands_beside(record, value):
                raise Conflict(
                    f"{name} has a record {kind} that is not ours: {_short(value)}; "
                    "remove it, or change it yourself as the record's fix says"
                )
    return Step(name, kind, tuple(sorted(found)), add, remove)


def stands_beside(record: Record, value: str) -> bool:
    """Tell whether a record of ours can be published beside a value of others."""
    if record.type in _MANY or record.purpose in ("proof", CHALLENGE):
        return True
    if record.type != "TXT" or record.purpose not in _TAGS:
        return False
    return not value.lower().startswith(_TAGS[record.purpose])


def _short(value: str) -> str:
    text = value.encode("ascii", "backslashreplace").decode()
    return text if len(text) <= 80 else text[:77] + "..."
