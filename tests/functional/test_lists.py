# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Filters, sorting and paging of the lists."""

import collections.abc as cabc

import pytest

from tests.functional import api as api_module
from tests.functional import resources

MARKER = "X-Pagination-Marker"


@pytest.fixture(scope="module")
def crowd(
    api: api_module.Api, instance: resources.Instance
) -> cabc.Iterator[list[str]]:
    """Create seven accounts of one name and return their usernames."""
    maker = resources.Accounts(api, instance)
    tag = api_module.unique_username()
    users = [f"{tag}-{number}" for number in (4, 2, 6, 1, 3, 7, 5)]
    for user in users:
        maker.create(username=user, name=tag, active=not user.endswith(("2", "5")))
    yield users
    maker.remove()


def names(answer: list[api_module.Json]) -> list[str]:
    """Return the usernames of a list."""
    return [one["username"] for one in answer]


def test_filter_by_each_field(
    api: api_module.Api, instance: resources.Instance, crowd: list[str]
) -> None:
    tag = crowd[0].rpartition("-")[0]
    found = api.list(instance.accounts, name=tag)
    assert sorted(names(found)) == sorted(crowd)
    one = api.list(instance.accounts, username=crowd[3])
    assert names(one) == [crowd[3]]
    assert api.list(instance.accounts, uuid=one[0]["uuid"]) == one
    inactive = api.list(instance.accounts, name=tag, active="false")
    assert sorted(names(inactive)) == [f"{tag}-2", f"{tag}-5"]
    assert api.list(instance.accounts, username="nobody-here") == []
    domain = api.list("/instances/", domain=instance.domain)
    assert [one["uuid"] for one in domain] == [instance.uuid]
    assert api.list("/versions/", name="no-such-version") == []


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_sorting(
    api: api_module.Api, instance: resources.Instance, crowd: list[str], direction: str
) -> None:
    found = api.list(
        instance.accounts, name=crowd[0][:-2], sort_key="username", sort_dir=direction
    )
    assert names(found) == sorted(crowd, reverse=direction == "desc")


def test_pages_give_every_account_once(
    api: api_module.Api, instance: resources.Instance, crowd: list[str]
) -> None:
    seen: list[str] = []
    params = {"name": crowd[0][:-2], "page_limit": "3"}
    for _ in range(5):
        answer = api.call("GET", instance.accounts, params=params)
        assert answer.status_code == 200, api_module.describe(answer)
        page = names(answer.json())
        assert len(page) <= 3
        seen += page
        marker = answer.headers.get(MARKER)
        if not marker or not page:
            break
        params["page_marker"] = marker
    assert sorted(seen) == sorted(crowd)


def test_default_page_is_100_and_1000_is_the_most(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    for _ in range(101):
        accounts.create(password_hash="$1$abcdefgh$R.dP50uYUjSvRsnkzrBhU0")
    answer = api.call("GET", instance.accounts)
    assert len(answer.json()) == 100
    assert answer.headers.get(MARKER)
    assert len(api.list(instance.accounts, page_limit=1000)) >= 101
    over = api.call("GET", instance.accounts, params={"page_limit": "1001"})
    assert over.status_code in (200, 400), api_module.describe(over)


@pytest.mark.parametrize(
    "query",
    [
        "page_limit=-1",
        "page_limit=0",
        "page_limit=x",
        "page_limit=99999999999999999999",
        "page_marker=x",
        "page_limit=2&page_marker=%00",
        "sort_key=nothing",
        "sort_key=username&sort_dir=sideways",
        "nothing=1",
        "uuid=x",
        "uuid=%00",
        "username=%00",
        "active=perhaps",
        "active=",
        "project_id=x",
        "instance=x",
        "created_at=x",
        "fields=nothing",
    ],
)
def test_nonsense_in_a_query_is_never_a_5xx(
    api: api_module.Api, instance: resources.Instance, query: str
) -> None:
    for path in ("/versions/", "/instances/", instance.accounts):
        answer = api.call("GET", f"{path}?{query}")
        assert answer.status_code < 500, api_module.describe(answer)


@pytest.mark.parametrize(
    "query",
    ["page_limit=x", "page_limit=-1", "nothing=1", "uuid=x", "sort_key=nothing"],
)
def test_a_query_that_cannot_be_meant_is_400(
    api: api_module.Api, instance: resources.Instance, query: str
) -> None:
    for path in ("/instances/", instance.accounts):
        answer = api.call("GET", f"{path}?{query}")
        assert answer.status_code == 400, api_module.describe(answer)


def test_chosen_fields(
    api: api_module.Api, instance: resources.Instance, crowd: list[str]
) -> None:
    """The platform's command line has `--fields`."""
    for one in api.list(instance.accounts, fields="username", name=crowd[0][:-2]):
        assert "username" in one
        assert "description" not in one
