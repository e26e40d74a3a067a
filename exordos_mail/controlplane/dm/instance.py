# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Instances: what a tenant wants of a mail server and what was observed of it.

A column has one of two owners: users write *user columns*, builders write
*observed columns*. Either side updates only what it changed (see
`stored`), and the database computes the public `status` of both
builders' verdicts, so they cannot fight over it.
"""

import typing as tp
import uuid as sys_uuid

from psycopg import sql
from restalchemy.dm import properties, types

from exordos_mail.controlplane import zone_options as zone
from exordos_mail.controlplane.dm import exceptions, fields, noun, outbound, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import instance as schema
from exordos_mail.schema.health import NOTHING
from exordos_mail.schema.version import IMAGE_MAX
from exordos_mail.standards import hostname, rule

BIGINT_MAX = 2**63 - 1
#: Longest IPv4 address in characters.
IPV4_MAX = 15
#: Longest DKIM selector: one label of a domain name.
SELECTOR_MAX = 63
#: Longest TXT record data of a DKIM key in characters.
RECORD_MAX = 4096


class MailInstance(stored.Stored):
    """A tenant's mail server.

    Attributes:
        image: the version's image when it was chosen; set by the database, and
            again by who sets `version`. Another image of the same version, which
            a release of the element brings, rebuilds no machine by itself.
        generation: counts the user's changes, those of accounts included; set
            by the database.
        infra_status, infra_reason: verdict of the infra builder.
        service_status, service_reason: verdict of the PaaS builder.
        status, status_reason: computed of the two by the database.
        ipsv4: addresses of the nodes in text form.
        ipv4: the first of them or None; set by the database.
        applied_generation: newest generation that the node says is in service.
        dkim_selector, dkim_public_key: selector and TXT record data of the
            first DKIM key, None until the node has reported them.
        dkim_keys: objects that describe all DKIM keys in use, without secrets.
        certificates: objects of `standards.certificates` that describe what the
            node shows to clients.
        health: what the nodes' services are like (controlplane/health.py).
        mailbox_quota_sum_bytes: what all mailboxes may hold together, None while one
            has no limit; set by the database.
    """

    vars().update(noun.members(schema.NOUN))

    USER_COLUMNS = schema.NOUN.declarable_fields | {"image"}

    image = properties.property(
        mail_types.Line("image", max_length=IMAGE_MAX),
        required=True,
        read_only=True,
        default="",
    )

    generation = properties.property(
        mail_types.Count("generation", 1, BIGINT_MAX), required=True, default=1
    )
    infra_status = fields.status()
    infra_reason = fields.reason("infra_reason")
    service_status = fields.status()
    service_reason = fields.reason("service_reason")
    status = fields.status()
    # both reasons and "; " between them
    status_reason = fields.reason("status_reason", 2 * fields.REASON_MAX + 2)
    ipsv4 = properties.property(
        types.TypedList(mail_types.Line("ipsv4", max_length=IPV4_MAX)),
        required=True,
        default=list,
        mutable=True,
    )
    ipv4 = properties.property(
        types.AllowNone(mail_types.Line("ipv4", max_length=IPV4_MAX))
    )
    applied_generation = properties.property(
        mail_types.Count("applied_generation", 0, BIGINT_MAX), required=True, default=0
    )
    dkim_selector = properties.property(
        types.AllowNone(mail_types.Line("dkim_selector", max_length=SELECTOR_MAX))
    )
    dkim_public_key = properties.property(
        types.AllowNone(mail_types.Line("dkim_public_key", max_length=RECORD_MAX))
    )
    dkim_keys = properties.property(
        types.TypedList(types.Dict()), required=True, default=list, mutable=True
    )

    certificates = properties.property(
        types.TypedList(types.Dict()), required=True, default=list, mutable=True
    )

    health = properties.property(
        types.Dict(), required=True, default=lambda: dict(NOTHING), mutable=True
    )

    mailbox_quota_sum_bytes = properties.property(
        types.AllowNone(mail_types.Count("mailbox_quota_sum_bytes", 0, BIGINT_MAX))
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new instance; its host name is derived if none is given.

        Raises:
            MailValidationError: the host name is another one's; the smarthost is
                this machine; a value breaks its rule.
        """
        uuid = kwargs.setdefault("uuid", sys_uuid.uuid4())
        domain = kwargs.get("domain")
        if isinstance(domain, str):
            kwargs.setdefault("hostname", hostname.default(uuid, domain, zone.name()))
        outbound.derive(kwargs)
        # no default, which would stand for a stored None as well
        kwargs.setdefault("mailbox_quota_sum_bytes", 0)
        super().__init__(**kwargs)
        self._check_hostname([self.domain])
        outbound.check_elsewhere(self)

    def validate(self) -> None:
        """Hold the fields of outgoing mail to each other.

        Raises:
            MailValidationError: they do not fit, see `standards.smarthost`.
        """
        super().validate()
        outbound.check(self)

    def update_dm(self, values: dict[str, tp.Any]) -> None:
        """Set several fields; a version, be it the same, brings its image of today.

        Without a smarthost there is nobody to log in to.
        """
        if "smarthost" in values and values["smarthost"] is None:
            values = {"smarthost_username": None, "smarthost_password": None, **values}
        super().update_dm(values)
        if "version" in values:
            self.properties["image"].set_value_force(self.version.image)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changed columns and read back what the database computed.

        A change of user columns moves `updated_at`, which is how builders see
        it. A change of observed columns alone does not, here nor in the row:
        the SDK copies `updated_at` of the object that a builder *read* into
        `tracked_at`, so a user's change made meanwhile stays untracked and is
        dealt with in the next pass.

        Raises:
            MailValidationError: the data disk would shrink; the password is for
                another smarthost; the smarthost is this machine.
            MailNotFound: the instance is gone.
        """
        changed = self.dirty_columns()
        by_user = not self.USER_COLUMNS.isdisjoint(changed)
        if by_user:
            self._check_disk_grows()
            outbound.check_anew(self, changed)
            if not outbound.PLACES.isdisjoint(changed):
                outbound.check_elsewhere(self)
            with self._get_engine().session_manager(session=session) as s:
                if "hostname" in changed:
                    self.lock(s)
                    self._check_hostname(_domains(self.uuid, s))
                super().update(session=s, force=force)
        else:
            # past `update`, which moves updated_at
            self.write_changes(session=session, force=force)

    def _updated(self, names: tp.Collection[str], session: tp.Any) -> None:
        """Read back what the database computed; audit what people look for.

        That is a user's change and a new `status`. Other facts that builders
        write come too often to be kept.
        """
        before = self.status
        by_user = self.USER_COLUMNS.intersection(names)
        self._read_computed(bool(by_user), session)
        facts = {"status"} if self.status != before else set()
        super()._updated(by_user | facts, session)

    def lock(self, session: tp.Any) -> None:
        """Have other writers of the instance's accounts wait for this one.

        Triggers on accounts write the instance after the account. Whoever
        deletes the instance locks the two the other way round: taking the
        instance first, always, leaves no room for a deadlock.

        Raises:
            MailNotFound: the instance is gone.
        """
        found = session.execute(
            "SELECT uuid FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE",
            (self.uuid,),
        ).fetchone()
        if found is None:
            raise exceptions.MailNotFound(noun="instance")

    def _check_hostname(self, domains: tp.Collection[str]) -> None:
        """Hold the host name to the instance's own names.

        Only one that is new: the operator may choose another zone later.
        """
        try:
            hostname.check(self.hostname, self.uuid, domains, zone.name())
        except rule.RuleError as error:
            mail_types.refuse("hostname", str(error))

    def _check_disk_grows(self) -> None:
        disk_size = self.properties["disk_size"]
        if disk_size.is_dirty() and self.disk_size < disk_size.old_value:
            raise exceptions.MailValidationError(
                details=(
                    "disk_size: the data disk cannot shrink,"
                    f" it has {disk_size.old_value} GiB"
                )
            )

    def _read_computed(self, by_user: bool, session: tp.Any) -> None:
        names = ["status", "status_reason", "ipv4", "mailbox_quota_sum_bytes"]
        if by_user:
            names += ["generation", "updated_at"]
        statement = sql.SQL("SELECT {} FROM mail_instances WHERE uuid = %s").format(
            sql.SQL(", ").join(sql.Identifier(name) for name in names)
        )
        row = session.execute(statement, (self.uuid,)).fetchone()
        for name in names:
            prop = self.properties[name]
            prop.set_value_force(prop.property_type.from_simple_type(row[name]))


def _domains(instance: sys_uuid.UUID, session: tp.Any) -> list[str]:
    found = session.execute(
        "SELECT name FROM mail_domains WHERE instance = %s", (instance,)
    ).fetchall()
    return [row["name"] for row in found]
