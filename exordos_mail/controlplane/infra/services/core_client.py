# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Core's REST API, as far as the infra builder asks it something itself."""

import uuid as sys_uuid

import bazooka
from gcl_sdk.clients.http import base

NODE_SETS = "/v1/compute/sets/"

# bazooka's own default is 300 s; gservice is one thread for all plugins.
TIMEOUT = 10  # seconds


class CoreClient:
    """Asks Core as the platform's user, in the scope of its project."""

    def __init__(
        self, base_url: str, username: str, password: str, project_id: sys_uuid.UUID
    ) -> None:
        http = bazooka.Client(default_timeout=TIMEOUT)
        auth = base.CoreIamAuthenticator(
            base_url,
            username,
            password,
            scope=base.CoreIamAuthenticator.project_scope(project_id),
            http_client=http,
        )
        self._client = base.CollectionBaseClient(
            base_url=base_url, http_client=http, auth=auth
        )

    def node_keys(self, node_set: sys_uuid.UUID) -> dict[sys_uuid.UUID, str]:
        """Return the encryption keys (base64) of a node set's nodes.

        Raises:
            bazooka.exceptions.BaseHTTPException: Core answered with an error.
            requests.RequestException: Core did not answer.
        """
        keys = self._client.do_action(NODE_SETS, "get_private_keys", node_set) or {}
        return {sys_uuid.UUID(node): key for node, key in keys.items()}
