# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""POST .../accounts/bulk/: many accounts in one request and transaction.

An item is what the single request for it has as its body, and is judged by
the same packer and model; only the writing is done for all of them at once.
See docs/adr/0012.
"""

import contextlib
import typing as tp
import uuid as sys_uuid

from gcl_iam import controllers as iam_controllers
from gcl_iam import exceptions as iam_exceptions
from restalchemy.api import constants
from restalchemy.api import controllers as ra_controllers
from restalchemy.api import resources as ra_resources
from restalchemy.common import exceptions as ra_exceptions
from restalchemy.dm import filters as dm_filters
from restalchemy.openapi import utils as openapi
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane.api import (
    base,
    bulk_description,
    bulk_packer,
    controllers,
    packers,
)
from exordos_mail.controlplane.api.bulk_items import (
    CREATE,
    DELETE,
    UPDATE,
    Item,
    Items,
)
from exordos_mail.controlplane.dm import (
    account_batch,
    addressed,
    exceptions,
    models,
    renaming,
)

_Accounts = dict[sys_uuid.UUID, models.MailAccount]
_Parse = tp.Callable[[object, _Accounts], dict[str, tp.Any]]


class MailAccountBulkController(
    base.MailControllerMixin,
    iam_controllers.PolicyBasedControllerMixin,
    ra_controllers.Controller,
):
    """Creates, updates and deletes accounts of the instance in the path.

    Each kind of item needs the permissions of the single request; a request
    that lacks one is refused as a whole.
    """

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "account"
    __packer__ = bulk_packer.BulkPacker
    __generate_location_for__: tp.ClassVar[set[str]] = set()

    _single = controllers.of("account").get_resource()

    @openapi.extend_schema(**bulk_description.OPERATION)  # type: ignore[untyped-decorator]
    def create(
        self, parent_resource: models.MailInstance, mode: str, **sent: list[object]
    ) -> tuple[dict[str, tp.Any], int]:
        """Do what a request asks for; return the response's body and status.

        In the mode `atomic` nothing is done if one item fails, and the
        response has the status of the first item that did.
        """
        items = Items(sent)
        self._enforce_kinds(items)
        # Everything slow comes before the instance is held.
        self._read_deletes(items)
        self._read_updates(items, parent_resource)
        self._read_creates(items, parent_resource)
        with engines.engine_factory.get_engine().session_manager() as session:
            if mode == c.BULK_PARTIAL:
                _write(items, parent_resource, session)
                return items.results(), 200
            if items.first_failure() is None:
                _write_all_or_nothing(items, parent_resource, session)
        return _atomic_response(items)

    def _enforce_kinds(self, items: Items) -> None:
        kinds = items.kinds()
        for kind in kinds:
            self._enforce(kind)
        if {UPDATE, DELETE}.intersection(kinds):
            self._enforce("read")

    def _read_deletes(self, items: Items) -> None:
        for item in items.of(DELETE):
            with _judged(item):
                item.uuid = _parse_uuid(item.sent)
        items.refuse_repeated(DELETE)

    def _read_updates(self, items: Items, instance: models.MailInstance) -> None:
        values = {}
        stored = _stored(instance, _named(items.of(UPDATE)))
        parse = self._parser(constants.UPDATE)
        for item in items.of(UPDATE):
            with _judged(item):
                values[item.index] = parse(item.sent, stored)
                item.uuid = _required(values[item.index].pop("uuid", None))
        items.refuse_repeated(UPDATE)
        for item in items.of(UPDATE):
            with _judged(item):
                if item.uuid not in stored:
                    raise _not_found()
                item.account = stored[item.uuid]
                item.account.update_dm(values[item.index])
                item.account.validate()

    def _read_creates(self, items: Items, instance: models.MailInstance) -> None:
        parse = self._parser(constants.CREATE)
        location = ra_resources.ResourceMap.get_location(instance)
        for item in items.of(CREATE):
            with _judged(item), base.named_requirements():
                values = parse(_without_instance(item.sent, location), {})
                values.setdefault("project_id", instance.project_id)
                self._enforce_and_override_project_id_in_kwargs(CREATE, values)
                item.account = models.MailAccount(instance=instance, **values)
                item.uuid = item.account.uuid
        items.refuse_repeated(CREATE)

    def _parser(self, method: str) -> _Parse:
        """Return what reads the body of the single request of a method."""
        context = self._req.api_context
        context.set_active_method(method)
        # The SDK keeps it for the request, which elsewhere has one method.
        context.resolved_visibilities.pop(self._single, None)
        packer = packers.MailPacker(self._single, request=self._req)

        def parse(sent: object, stored: _Accounts) -> dict[str, tp.Any]:
            packer.stored = lambda: _of_item(sent, stored)
            return packer.values(sent)

        return parse


@contextlib.contextmanager
def _judged(item: Item) -> tp.Iterator[None]:
    """Turn what a single request would be refused for into the item's result."""
    try:
        yield
    except ra_exceptions.RestAlchemyException as error:
        item.fail(error.code, error.msg)
    except iam_exceptions.CommonForbiddenError as error:
        item.fail(403, str(error))


def _parse_uuid(sent: object) -> sys_uuid.UUID:
    try:
        return sys_uuid.UUID(sent)  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError):
        raise exceptions.MailValidationError(
            details="uuid: the value has a wrong form"
        ) from None


def _named(items: list[Item]) -> list[sys_uuid.UUID]:
    """Return the accounts that items seem to be about, before they are judged."""
    found = []
    for item in items:
        with contextlib.suppress(exceptions.MailValidationError):
            found.append(_uuid_of(item.sent))
    return found


def _uuid_of(sent: object) -> sys_uuid.UUID:
    if not isinstance(sent, dict) or "uuid" not in sent:
        return _required(None)
    return _parse_uuid(sent["uuid"])


def _of_item(sent: object, stored: _Accounts) -> models.MailAccount:
    """Return the stored account that an item is about.

    Raises:
        MailNotFound: there is none.
    """
    account = stored.get(_uuid_of(sent))
    if account is None:
        raise _not_found()
    return account


def _required(uuid: sys_uuid.UUID | None) -> sys_uuid.UUID:
    if uuid is None:
        raise exceptions.MailValidationError(details="uuid: a value is required")
    return uuid


def _without_instance(sent: object, location: str) -> object:
    # Looked up for each item it would cost more than all the rest.
    if not isinstance(sent, dict) or "instance" not in sent:
        return sent
    if sent["instance"] != location:
        raise exceptions.MailValidationError(
            details="instance: the path names another instance"
        )
    return {name: value for name, value in sent.items() if name != "instance"}


def _stored(instance: models.MailInstance, uuids: list[sys_uuid.UUID]) -> _Accounts:
    """Return those of the accounts that are there, by uuid."""
    if not uuids:
        return {}
    return {
        account.uuid: account
        for account in models.MailAccount.objects.get_all(
            filters={
                "instance": dm_filters.EQ(instance),
                "uuid": dm_filters.In(uuids),
            }
        )
    }


def _not_found() -> exceptions.MailNotFound:
    return exceptions.MailNotFound(noun=models.MailAccount.__title__)


def _write(items: Items, instance: models.MailInstance, session: tp.Any) -> None:
    """Write what has not failed so far, and note what became of it."""
    batch = account_batch.AccountBatch(instance, session)
    _refuse_aliased(items, batch)
    deleted = batch.delete(items.uuids(DELETE))
    _refuse_renames(items, batch)
    updated = batch.update(items.accounts(UPDATE))
    created = batch.insert(items.accounts(CREATE))
    for item in items.of(DELETE):
        _settle(item, deleted, _not_found())
    for item in items.of(UPDATE):
        _settle(item, updated, _not_found())
    known = batch.domains(items.accounts(CREATE))
    taken = exceptions.MailConflict(details=models.MailAccount.__conflict__)
    nowhere = exceptions.MailNotFound(noun=addressed.NO_DOMAIN)
    for item in items.of(CREATE):
        homeless = item.account is not None and item.account.domain not in known
        _settle(item, created, nowhere if homeless else taken)


def _refuse_aliased(items: Items, batch: account_batch.AccountBatch) -> None:
    """Fail the items whose mailbox would have an alias's address."""
    taken = batch.aliased([*items.accounts(UPDATE), *items.accounts(CREATE)])
    for item in (*items.of(UPDATE), *items.of(CREATE)):
        if item.uuid in taken:
            item.fail(409, account_batch.ALIASED)


def _refuse_renames(items: Items, batch: account_batch.AccountBatch) -> None:
    """Fail the updates to a domain that is not there, or an address that is taken."""
    accounts = items.accounts(UPDATE)
    known = batch.domains([one for one in accounts if renaming.is_renamed(one)])
    for item in items.of(UPDATE):
        account = item.account
        if account and renaming.is_renamed(account) and account.domain not in known:
            item.fail(404, exceptions.MailNotFound(noun=addressed.NO_DOMAIN).msg)
    taken = batch.taken(items.accounts(UPDATE))
    for item in items.of(UPDATE):
        if item.uuid in taken:
            item.fail(409, models.MailAccount.__conflict__)


def _settle(
    item: Item,
    written: account_batch.Uuids,
    otherwise: ra_exceptions.RestAlchemyException,
) -> None:
    if item.uuid in written:
        item.succeed()
    else:
        item.fail(otherwise.code, otherwise.msg)


def _write_all_or_nothing(
    items: Items, instance: models.MailInstance, session: tp.Any
) -> None:
    session.execute("SAVEPOINT bulk")
    _write(items, instance, session)
    if items.first_failure() is not None:
        session.execute("ROLLBACK TO SAVEPOINT bulk")
        items.undo()


def _atomic_response(items: Items) -> tuple[dict[str, tp.Any], int]:
    failure = items.first_failure()
    if failure is None:
        return items.results(), 200
    error = {
        "type": "BulkFailed",
        "code": failure.status,
        "message": f"{failure.kind} {failure.index}: {failure.error}",
    }
    return {**error, **items.results()}, failure.status
