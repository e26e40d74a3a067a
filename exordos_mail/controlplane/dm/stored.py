# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What every stored model has in common, in one base with hooks.

* An UPDATE names only the columns that were changed. The SDK's `update()` writes the
  whole row as it was read (restalchemy storage/sql/orm.py), so a builder that read an
  instance, talked to Core and then saved a status would silently take back what a user
  had changed meanwhile. Two writers of different columns never meet.
* What belongs to an instance takes the instance first. Triggers write the instance
  after the row of what belongs to it; whoever deletes the instance takes the two the
  other way round. Taking the instance first, always, leaves no room for a deadlock.
* Errors of the database become neutral ones (`conflicts`), changes leave an audit
  event (`audit`), and a secret is sealed on its way into the row (`sealing`).
"""

import contextlib
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.audit import constants
from psycopg import sql
from restalchemy.dm import models, properties, types
from restalchemy.storage.sql import orm

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dm import (
    audit,
    conflicts,
    exceptions,
    fields,
    sealing,
)


class Stored(models.Model, orm.SQLStorableMixin, ua_models.TargetResourceMixin):
    """A model with a table of its own, which has the columns of both times.

    Attributes:
        __title__: how texts call one.
        __conflict__: the text of the 409 that a clash with another row gives.
        __audit_resource_type__: name of the model in audit events.
        __secret_fields__: fields whose values no text and no event holds.
        __unshown_fields__: these, and those too long for an event.
        __sealed_field__: the field that is sealed in the row, if there is one.
        __owner__: the field that says what the object belongs to: it is locked by
            every write, and the object is in its project.
    """

    __title__ = "object"
    __conflict__ = "another object with the same unique values exists"
    __audit_resource_type__: str
    __secret_fields__: frozenset[str] = frozenset()
    __unshown_fields__: frozenset[str] = frozenset()
    __sealed_field__: str | None = None
    __owner__: str | None = None

    uuid = properties.property(
        types.UUID(),
        read_only=True,
        id_property=True,
        default=lambda: sys_uuid.uuid4(),
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new object, in the project of its owner.

        Raises:
            MailValidationError: a value breaks its rule; see also `validate`.
        """
        owner = kwargs.get(self.__owner__) if self.__owner__ else None
        if isinstance(owner, Stored):
            kwargs.setdefault("project_id", owner.project_id)
        super().__init__(**kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.get_id() == other.get_id()

    def __hash__(self) -> int:
        return hash(str(self.get_id()))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {value}"
            for name, value in self.items()
            if name not in self.__unshown_fields__
        )
        return f"<{type(self).__name__} {{{shown}}}>"

    def get_id(self) -> sys_uuid.UUID:
        """Return the identifier, as restalchemy asks for it."""
        return tp.cast(sys_uuid.UUID, self.uuid)

    def validate(self) -> None:
        """Hold the object to its owner's project.

        Raises:
            MailValidationError: the two projects differ.
        """
        super().validate()
        if self.__owner__ is None:
            return
        if self.project_id != getattr(self, self.__owner__).project_id:
            raise exceptions.MailValidationError(
                details=f"project_id: it is that of the {self.__owner__}"
            )

    # --- values ------------------------------------------------------------------

    def dirty_columns(self) -> dict[str, tp.Any]:
        """Return the changed properties by name, the identifier excluded."""
        return {
            name: prop
            for name, prop in self.get_data_properties().items()
            if prop.is_dirty()
        }

    def stored_values(self) -> dict[str, tp.Any]:
        """Return all columns by name, in the form that the database takes."""
        return dict(self._get_prepared_data())

    def changed_values(self) -> dict[str, tp.Any]:
        """Return the changed columns by name, in the same form."""
        changed = self.dirty_columns()
        # of no columns the SDK would return all
        return dict(self._get_prepared_data(changed)) if changed else {}

    def audit_project_id(self) -> sys_uuid.UUID | None:
        """Return the project whose audit trail the object belongs to."""
        if "project_id" in self.properties:
            return tp.cast(sys_uuid.UUID, self.project_id)
        return audit.context_project_id()

    # --- writes ------------------------------------------------------------------

    def insert(self, session: tp.Any = None) -> None:
        """Store a new row.

        Raises:
            MailConflict: a unique value is taken, or a row that is referred to
                is gone.
            RecordNotFound: what it belongs to is gone.
        """
        with self._writing(session) as s:
            super().insert(session=s)
            audit.note(self, constants.Action.create, audit.snapshot(self), s)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changed columns, with the time; nothing if there are none.

        Args:
            session: the SDK's session, None for the current one.
            force: validate even if nothing changed, and note the time.

        Raises:
            RecordNotFound: the row is gone, or what it belongs to.
            MailConflict: see `insert`.
            MailValidationError: a rule of the database refused the write.
        """
        with self._writing(session) as s:
            if force or self.is_dirty():
                self.properties["updated_at"].set_value_force(fields.now())
            self.write_changes(s, force)

    def write_changes(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changed columns alone; see `update`."""
        values = self.changed_values()
        if values or force:
            self.validate()
        if not values:
            return
        statement = sql.SQL("UPDATE {} SET {} WHERE uuid = %s").format(
            sql.Identifier(self.get_table().name),
            sql.SQL(", ").join(
                sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values
            ),
        )
        with (
            conflicts.neutral(self.__conflict__),
            self._get_engine().session_manager(session=session) as s,
        ):
            cursor = s.execute(statement, (*values.values(), self.get_id()))
            if cursor.rowcount == 0:
                raise exceptions.MailNotFound(noun=self.__title__)
            self._updated(values.keys() - {"updated_at"}, s)

    def delete(self, session: tp.Any = None) -> None:
        """Remove the row; nothing happens if it is gone already.

        Raises:
            MailConflict: another row refers to this one.
            RecordNotFound: what it belongs to is gone.
        """
        with self._writing(session) as s:
            if super().delete(session=s).get_count():
                audit.note(self, constants.Action.delete, None, s)

    # --- hooks -------------------------------------------------------------------

    @classmethod
    def restore_row(cls, row: tp.Mapping[str, tp.Any], pour: tp.Any = None) -> tp.Any:
        """Return the stored object, its secret as `_unsealed` gives it."""
        name = cls.__sealed_field__
        if name is not None and row[name] is not None:
            row = {**row, name: cls._unsealed(row[name], row["uuid"])}
        return super().restore_row(row, pour)

    def _get_prepared_data(self, properties: tp.Any = None) -> dict[str, tp.Any]:
        data: dict[str, tp.Any] = super()._get_prepared_data(properties)
        name = self.__sealed_field__
        if name is not None and data.get(name) is not None and self.has_new_secret():
            row = self.envelope_row(self.uuid)
            data[name] = sealed_box.seal(data[name], row, self._public_key())
        return data

    @classmethod
    def envelope_row(cls, uuid: object) -> str:
        """Return the row name that an object's envelope is bound to."""
        return f"{cls.__tablename__}:{uuid}"

    def has_new_secret(self) -> bool:
        """Tell whether the secret is one that was set, not one that was read."""
        value = getattr(self, self.__sealed_field__) if self.__sealed_field__ else None
        return value is not None and not isinstance(value, sealing.Envelope)

    @classmethod
    def _unsealed(cls, stored: str, uuid: object) -> str:
        """Return what stands for a stored secret in the object."""
        return sealing.Envelope(stored)

    def _public_key(self) -> sealed_box.PublicKey:
        """Return the key to seal to.

        Raises:
            MailConflict: there is none yet.
        """
        return sealing.newest_key()

    def _updated(self, names: tp.Collection[str], session: tp.Any) -> None:
        """Do what belongs to an update, in its transaction.

        Args:
            names: the changed fields.
            session: of the update.
        """
        if names:
            changes = audit.update_snapshot(self, names)
            audit.note(self, constants.Action.update, changes, session)

    @contextlib.contextmanager
    def _writing(self, session: tp.Any) -> tp.Iterator[tp.Any]:
        """Yield the session of a write that holds what the object belongs to."""
        with (
            conflicts.neutral(self.__conflict__),
            self._get_engine().session_manager(session=session) as s,
        ):
            if self.__owner__ is not None:
                getattr(self, self.__owner__).lock(s)
            yield s
