# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The capability driver that the universal agent loads on a mail node."""

import base64
import json
import logging
import pathlib
import typing as tp
import urllib.parse

from gcl_sdk.agents.universal import utils
from gcl_sdk.agents.universal.dm import models
from gcl_sdk.agents.universal.drivers import exceptions as driver_exc
from gcl_sdk.agents.universal.drivers import meta
from oslo_config import cfg

from exordos_mail import constants as c
from exordos_mail.dataplane import registry
from exordos_mail.dataplane.agent import gateway, node
from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.engine import report as report_lib

LOG = logging.getLogger(__name__)


class MailCapabilityDriver(meta.MetaFileStorageAgentDriver):
    """Serves `mail_instance_node`; all work is done in `converge.MailNode`.

    Options, from the section `[MailCapabilityDriver]` of the agent's file:
        meta_file: where the SDK remembers which resources there are.
        gateway_endpoint: the node gateway, `ws://host:port/path`; "" for none.
            Default: on the host of `[universal_agent] orch_endpoint`.
    """

    __model_map__ = {c.NODE_KIND: node.MailInstanceNode}

    def __init__(
        self,
        *args: tp.Any,
        meta_file: str = c.META_FILE,
        gateway_endpoint: str | None = None,
        doorbell: gateway.Client | None = None,
        mail_node: converge.MailNode | None = None,
        **kwargs: tp.Any,
    ) -> None:
        super().__init__(*args, meta_file=meta_file, **kwargs)
        self.doorbell = doorbell or _client(gateway_endpoint)
        node.MailInstanceNode.mail_node = mail_node or registry.mail_node(
            gateway=self.doorbell
        )
        self._persisted: str | None = None

    def start(self) -> None:
        """Begin a pass: adopt what is on the disk, take what the gateway has."""
        if self.doorbell is not None:
            self.doorbell.start()
        self._adopt()
        try:
            node.MailInstanceNode.mail_node.pull()
        except Exception as exc:
            # The next pass tries again; the passes must go on.
            node.log_without_values(exc)

    def _adopt(self) -> None:
        """Adopt a service that is on the disk but not in the meta file.

        The meta file is lost with the root disk, the service's state may not
        be; without this, deleting the instance would leave its secrets.
        """
        resources = self._storage[c.NODE_KIND]["resources"]
        if resources:
            return
        try:
            accepted = node.MailInstanceNode.mail_node.accepted()
        except OSError as exc:
            # The next pass tries again; the passes must go on.
            node.log_without_values(exc)
            return
        if accepted is not None and accepted.uuid:
            resources[accepted.uuid] = {
                "uuid": accepted.uuid,
                "name": accepted.name,
                "target_fields": node.skeleton(),
            }

    def create(self, resource: models.Resource) -> models.Resource:
        """Create the service; a failure is reported, never raised.

        The agent logs the whole value of a resource whose creation raises.
        """
        try:
            return super().create(resource)
        except driver_exc.ResourceAlreadyExists:
            raise
        except Exception as exc:
            return self._refused(resource, exc)

    def update(self, resource: models.Resource) -> models.Resource:
        """Update the service; a failure is reported, never raised."""
        try:
            return super().update(resource)
        except Exception as exc:
            return self._refused(resource, exc)

    def finalize(self) -> None:
        """Save the meta file if it has changed: a pass must cost nothing."""
        content = json.dumps(self._storage, sort_keys=True)
        if content != self._persisted:
            super().finalize()
            self._persisted = content

    def _refused(self, resource: models.Resource, exc: Exception) -> models.Resource:
        node.log_without_values(exc)
        model = node.MailInstanceNode(uuid=resource.uuid)
        model.target_fields = node.skeleton()
        model.status = report_lib.ERROR
        model.status_reason = f"the payload was not understood: {type(exc).__name__}"
        return model.to_ua_resource(resource.kind)


def _client(endpoint: str | None) -> gateway.Client | None:
    """Return the client of the node gateway, as the agent is configured."""
    try:
        options = cfg.CONF.universal_agent
        orch_endpoint, key_path = options.orch_endpoint, options.private_key_path
    except cfg.NoSuchOptError:
        return None  # not in an agent's process
    if endpoint is None:
        endpoint = gateway_endpoint(orch_endpoint)
    if not endpoint:
        return None

    def key() -> bytes:
        return base64.b64decode(pathlib.Path(key_path).read_bytes())

    return gateway.Client(endpoint, utils.system_uuid(), key)


def gateway_endpoint(orch_endpoint: str) -> str:
    """Return where the gateway of a control plane is, "" if that has no host."""
    host = urllib.parse.urlsplit(orch_endpoint).hostname
    if not host:
        return ""
    name = f"[{host}]" if ":" in host else host
    return f"ws://{name}:{c.GATEWAY_PORT}{c.GATEWAY_PATH}"
