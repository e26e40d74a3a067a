# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Another project neither sees nor touches an instance."""

import dataclasses
import os

import pytest

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources


@pytest.fixture(scope="module")
def stranger(harness: harness_module.Harness, api: api_module.Api) -> api_module.Api:
    """Return a client of a user of another project, with the same rights there."""
    return api_module.Api(
        dataclasses.replace(
            api.cloud,
            username=os.environ["EXORDOS_OTHER_USERNAME"],
            password=os.environ["EXORDOS_OTHER_PASSWORD"],
            project=os.environ["EXORDOS_OTHER_PROJECT_ID"],
        )
    )


def test_stranger_may_use_the_service(stranger: api_module.Api) -> None:
    """Else the refusals below would say nothing."""
    made = stranger.create("/instances/", stranger.instance_body())
    stranger.delete(f"/instances/{made['uuid']}")
    stranger.wait_gone(made["uuid"])


def test_instance_of_another_project_is_404(
    stranger: api_module.Api,
    api: api_module.Api,
    steady: resources.Account,
    instance: resources.Instance,
) -> None:
    assert instance.uuid not in [one["uuid"] for one in stranger.list("/instances/")]
    for field, value in (("domain", instance.domain), ("uuid", instance.uuid)):
        assert stranger.list("/instances/", **{field: value}) == []
    body = stranger.account_body(instance.uuid)
    theirs = {**body, "project_id": api.cloud.project}
    for method, path, content in (
        ("GET", instance.path, None),
        ("PATCH", instance.path, {"description": "mine"}),
        ("PUT", instance.path, {"description": "mine"}),
        ("DELETE", instance.path, None),
        ("GET", instance.accounts, None),
        ("POST", instance.accounts, body),
        ("GET", steady.path, None),
        ("PATCH", steady.path, {"password": "Sekret-taken-over"}),
        ("PUT", steady.path, {"active": False}),
        ("DELETE", steady.path, None),
    ):
        answer = stranger.call(method, path, json=content)
        assert answer.status_code == 404, api_module.describe(answer)
        assert instance.domain not in answer.text
    answer = stranger.call("POST", instance.accounts, json=theirs)
    assert answer.status_code in (403, 404), api_module.describe(answer)
    assert steady.code() == 235


def test_instance_for_another_project_is_refused(
    stranger: api_module.Api, api: api_module.Api
) -> None:
    body = stranger.instance_body(project_id=api.cloud.project)
    answer = stranger.call("POST", "/instances/", json=body)
    assert answer.status_code in (403, 404), api_module.describe(answer)
    assert api.list("/instances/", name=body["name"]) == []


def test_uuid_of_another_project_is_not_told(
    stranger: api_module.Api, instance: resources.Instance
) -> None:
    body = stranger.instance_body(uuid=instance.uuid)
    answer = stranger.call("POST", "/instances/", json=body)
    assert 400 <= answer.status_code < 500, api_module.describe(answer)
    assert instance.domain not in answer.text
