# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service describes itself, with a real token of Core's IAM."""

import typing as tp

import pytest

from tests.functional.conftest import Accounts, Api, Instance

Json = dict[str, tp.Any]


@pytest.fixture(scope="module")
def description(api: Api) -> Json:
    answer = api.session.get(f"{api.cloud.mail_url}/specifications/3.0.3", timeout=60)
    assert answer.status_code == 200
    return tp.cast(Json, answer.json())


def test_the_paths_of_the_readme_are_described(description: Json) -> None:
    root = "/v1/types/mail"
    one = f"{root}/instances/{{MailInstanceUuid}}"
    wanted = {
        f"{root}/versions/": {"get"},
        f"{root}/versions/{{MailVersionUuid}}": {"get"},
        f"{root}/instances/": {"get", "post"},
        one: {"get", "put", "patch", "delete"},
        f"{one}/accounts/": {"get", "post"},
        f"{one}/accounts/{{MailAccountUuid}}": {"get", "put", "patch", "delete"},
    }
    for path, methods in wanted.items():
        assert description["paths"][path].keys() >= methods


def test_an_answer_has_the_fields_that_are_described(
    description: Json, api: Api, instance: Instance, accounts: Accounts
) -> None:
    made = accounts.create()
    answers = {
        "MailInstance_Get": f"/instances/{instance.uuid}",
        "MailAccount_Get": f"/instances/{instance.uuid}/accounts/{made.uuid}",
    }
    for schema, path in answers.items():
        described = description["components"]["schemas"][schema]["properties"]
        assert api.session.get(api.url(path)).json().keys() == described.keys()
