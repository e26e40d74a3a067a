# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which paths there are below /v1/types/mail/."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.api import routes

ID = str(sys_uuid.UUID(int=1))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "versions/",
        f"versions/{ID}",
        "instances/",
        f"instances/{ID}",
        f"instances/{ID}/accounts/",
        f"instances/{ID}/accounts/{ID}",
        f"instances/{ID}/tenants/",
        f"instances/{ID}/tenants/{ID}",
        f"instances/{ID}/tenants/{ID}/api_keys/",
        f"instances/{ID}/tenants/{ID}/api_keys/{ID}",
        f"instances/{ID}/tenants/{ID}/relays/{ID}",
        f"instances/{ID}/accounts/{ID}/app_passwords/",
        f"instances/{ID}/accounts/{ID}/app_passwords/{ID}",
        f"instances/{ID}/tenants/{ID}/suppressions/{ID}",
    ],
)
def test_the_paths_of_the_readme_are_known(path: str) -> None:
    assert routes.MailRoute.has_path(path.split("/"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "x",
        "x/",
        "versions",
        "instances",
        "accounts/",
        f"versions/{ID}/",
        f"versions/{ID}/accounts/",
        f"instances/{ID}/",
        f"instances/{ID}//",
        "instances//accounts/",
        f"instances/{ID}/accounts",
        f"instances/{ID}/accounts/{ID}/",
        f"instances/{ID}/accounts/{ID}/x",
        f"instances/{ID}/versions/",
        "tenants/",
        f"instances/{ID}/tenants",
        f"instances/{ID}/tenants/api_keys/",
        f"instances/{ID}/tenants/{ID}/accounts/",
        f"instances/{ID}/tenants/{ID}/api_keys",
        f"instances/{ID}/tenants/{ID}/api_keys/{ID}/",
        f"instances/{ID}/accounts/{ID}/api_keys/",
        f"instances/{ID}/api_keys/",
        f"instances/{ID}/app_passwords/",
        f"instances/{ID}/actions",
        f"instances/{ID}/actions/",
        f"instances/{ID}/actions/x/invoke",
        f"instances/{ID}/actions/accounts",
        "__base__/",
        f"instances/{ID}/__base__/",
        f"instances/{ID}/do/",
        "instances/accounts/",
    ],
)
def test_no_other_path_is_known(path: str) -> None:
    assert not routes.MailRoute.has_path(path.split("/"))
