# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of accounts that need no database."""

import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import exceptions, models
from exordos_mail.controlplane.infra.dm import models as infra_models
from exordos_mail.controlplane.paas.dm import models as paas_models
from tests.unit import libcrypt

PROJECT = sys_uuid.uuid4()


@pytest.fixture
def instance() -> models.MailInstance:
    """An instance that is stored nowhere."""
    return models.MailInstance(
        name="mail",
        project_id=PROJECT,
        domain="example.com",
        cpu=1,
        ram=512,
        disk_size=8,
        version=models.MailVersion(name="v", image="http://images.example/x"),
    )


def test_an_account_takes_its_project_from_its_instance(
    instance: models.MailInstance,
) -> None:
    account = models.MailAccount(instance=instance, username="a", password="p")
    assert account.project_id == PROJECT
    assert (account.name, account.description, account.active) == ("", "", True)


def test_an_account_of_another_project_than_its_instances_is_refused(
    instance: models.MailInstance,
) -> None:
    with pytest.raises(exceptions.MailValidationError, match=r"^project_id: "):
        models.MailAccount(
            instance=instance, username="a", password="p", project_id=sys_uuid.uuid4()
        )


def test_a_password_is_hashed_at_once_and_cannot_be_read(
    instance: models.MailInstance,
) -> None:
    account = models.MailAccount(instance=instance, username="a", password="p one")
    assert libcrypt.verifies("p one", account.password_hash)
    account.update_dm({"password": "p two"})
    assert libcrypt.verifies("p two", account.password_hash)
    assert account.password is None
    assert "p two" not in str(vars(account)) and "p two" not in repr(account)
    assert account.password_hash not in repr(account)


@pytest.mark.parametrize(
    "secrets",
    [
        {},
        {"password": None},
        {"password": None, "password_hash": None},
        {"password": "p", "password_hash": libcrypt.SHA512},
    ],
)
def test_exactly_one_of_password_and_hash_makes_an_account(
    instance: models.MailInstance, secrets: dict[str, tp.Any]
) -> None:
    with pytest.raises(exceptions.MailValidationError, match="exactly one"):
        models.MailAccount(instance=instance, username="a", **secrets)


@pytest.mark.parametrize(
    "values",
    [
        {"password": "p", "password_hash": libcrypt.SHA512},
        {"password": ""},
        {"password": None},
        {"password": "a\0b"},
        {"password_hash": "plain"},
        {"active": "yes"},
        {"active": 1},
        {"name": "a\nb"},
        {"description": "x" * 256},
    ],
)
def test_a_refused_update_says_why_without_the_value(
    instance: models.MailInstance, values: dict[str, tp.Any]
) -> None:
    account = models.MailAccount(instance=instance, username="a", password="p")
    with pytest.raises(exceptions.MailValidationError) as caught:
        account.update_dm(values)
    assert caught.value.get_code() == 400
    assert libcrypt.SHA512 not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain", "Example.com"),
        ("cpu", 0),
        ("cpu", True),
        ("cpu", "1"),
        ("ram", 511),
        ("disk_size", 7),
        ("name", ""),
        ("name", "x" * 256),
        ("description", "a\x7f"),
    ],
)
def test_an_instance_out_of_its_limits_is_refused_with_the_name_of_the_field(
    field: str, value: tp.Any
) -> None:
    values = {
        "name": "mail",
        "project_id": PROJECT,
        "domain": "example.com",
        "cpu": 1,
        "ram": 512,
        "disk_size": 8,
        "version": models.MailVersion(name="v", image="http://images.example/x"),
        field: value,
    }
    with pytest.raises(exceptions.MailValidationError, match=rf"^{field}: "):
        models.MailInstance(**values)


def test_views_of_builders_read_and_write_the_model(
    instance: models.MailInstance,
) -> None:
    for view in (infra_models.InfraInstance, paas_models.PaaSInstance):
        seen = view(instance)
        # the SDK's calls must end in our narrow update, not in its whole-row one
        assert seen.update == instance.update
        seen.infra_reason = view.__name__
        assert instance.infra_reason == view.__name__
        assert seen.to_ua_resource().value["uuid"] == str(instance.uuid)
        with pytest.raises(AttributeError):
            _ = seen.nothing
