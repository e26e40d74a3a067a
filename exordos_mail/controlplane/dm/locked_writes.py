# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Writes that take the instance first.

Triggers write the instance after the row of what belongs to it. Whoever deletes the
instance takes the two the other way round: taking the instance first, always, leaves
no room for a deadlock.
"""

import typing as tp

from restalchemy.dm import models


class LockedWrites(models.Model):
    """A model of what belongs to an instance; stands left of what stores it.

    Attributes:
        __owner__: name of the property that says what the object belongs to.
    """

    __owner__: tp.ClassVar[str] = "instance"

    def lock_owner(self, session: tp.Any) -> None:
        """Hold the instance, and see that all that the object belongs to is there.

        Raises:
            RecordNotFound: it is not.
        """
        getattr(self, self.__owner__).lock(session)

    def insert(self, session: tp.Any = None) -> None:
        """Store the object; the node sees it with one generation of its instance."""
        with self._get_engine().session_manager(session=session) as s:
            self.lock_owner(s)
            super().insert(session=s)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes; one generation more if the node is concerned."""
        with self._get_engine().session_manager(session=session) as s:
            self.lock_owner(s)
            super().update(session=s, force=force)

    def delete(self, session: tp.Any = None) -> None:
        """Remove the object, with one generation of its instance."""
        with self._get_engine().session_manager(session=session) as s:
            self.lock_owner(s)
            super().delete(session=s)
