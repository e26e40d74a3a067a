# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node checks the tenants of a payload: which there are, and their documents."""

import json

import pytest

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec
from tests.unit.node_values import OTHER, TENANT, tags_of, target_value


def test_tenants_of_a_bulk():
    candidate = payload_lib.from_bulk(target_value(tenants=[OTHER, TENANT]))
    assert candidate.documents == {one["uuid"]: one for one in (OTHER, TENANT)}
    assert candidate.payload.tenants == tags_of([TENANT, OTHER])
    kept = candidate.payload.as_value()
    assert payload_lib.parse(json.loads(json.dumps(kept))) == candidate.payload
    assert "acme" not in json.dumps(kept)


def test_no_tenants_leave_no_trace():
    assert "tenants" not in payload_lib.from_bulk(target_value()).payload.as_value()
    assert payload_lib.from_bulk(target_value(tenants=[])).payload.tenants == {}


def test_a_tenant_that_the_platform_could_not_make_is_a_tenant_still():
    stub = {"uuid": TENANT["uuid"], "tag": TENANT["tag"]}
    candidate = payload_lib.from_bulk(target_value(tenants=[stub, OTHER]))
    assert set(candidate.payload.tenants) == {TENANT["uuid"], OTHER["uuid"]}
    assert set(candidate.documents) == {OTHER["uuid"]}


@pytest.mark.parametrize(
    "tenants",
    [
        None,
        "secret",
        {"secret": {}},
        ["secret"],
        [TENANT, TENANT],
        [{**TENANT, "uuid": "../secret"}],
        [{**TENANT, "uuid": TENANT["uuid"].replace("-", "")}],
        [{**TENANT, "tag": "secret"}],
        [{**TENANT, "tag": 5}],
    ],
)
def test_bad_tenants(tenants):
    good = target_value(tenants=tenants if isinstance(tenants, list) else [])
    good["bulk"]["tenants"] = tenants
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(good)
    assert "secret" not in str(caught.value)
    assert "revision" not in str(caught.value)


@pytest.mark.parametrize("tenants", [[], {"u": "t"}, {TENANT["uuid"]: None}])
def test_damaged_stored_tenants(tenants):
    value = payload_lib.from_bulk(target_value(tenants=[TENANT])).payload.as_value()
    with pytest.raises(spec.SpecError):
        payload_lib.parse({**value, "tenants": tenants})
