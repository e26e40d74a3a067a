# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who may do what on the stand: projects, users, permissions of the owner role."""

import json

from exordos_mail.schema import catalogue
from tests.stand import host, machines, progress, settings

PERMISSIONS = tuple(
    f"exordos_mail.{noun.permission}.{action}"
    for noun in catalogue.nouns().values()
    for action in noun.actions
)


# What the metapaas element gives its user, so that URNs can be resolved: the right
# to read any repository (the uuids of the permissions are those of Core).
REPO_READER = "4d657461-0000-0000-0000-000000000003"
REPO_READER_PERMISSIONS = {
    "repo.artifact.read": "37ee8a65-ca05-54b2-a603-831511c01b3c",
    "repo.element.read": "553648f2-0dbc-55bf-80d4-79a6938c0ebf",
    "repo.repository.read": "3e2c70c3-6355-531d-bb59-a5727b777d3b",
}


def seed(stand: settings.Settings, plugin: bool) -> None:
    """Create it all through Core's own API.

    Without the plugin its permissions are left to the element's manifest.
    """
    users = (
        (settings.METAPAAS_USER, settings.METAPAAS_PASSWORD, settings.PROJECT_ID),
        (settings.USER, settings.USER_PASSWORD, settings.PROJECT_ID),
        (settings.OTHER_USER, settings.OTHER_PASSWORD, settings.OTHER_PROJECT_ID),
    )
    wanted = {
        "endpoint": settings.variables(stand)["EXORDOS_ENDPOINT"],
        "role": settings.OWNER_ROLE,
        "projects": [
            {"uuid": settings.PROJECT_ID, "name": "MetaPaaS project"},
            {"uuid": settings.OTHER_PROJECT_ID, "name": "Another tenant"},
        ],
        "users": [
            {"name": name, "password": password, "project": project}
            for name, password, project in users
        ],
        "permissions": PERMISSIONS if plugin else (),
        "reader": {
            "role": REPO_READER,
            "user": settings.METAPAAS_USER,
            "permissions": REPO_READER_PERMISSIONS,
        },
    }
    path = stand.run / "iam-seed"
    settings.write(path, json.dumps(wanted), 0o600)
    progress.run(
        *machines.client(stand).command(
            host.python(), settings.INSIDE / "seed_iam.py", path
        ),
        log=stand.logs / "iam-seed.log",
    )
