# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where commands work: on a send service, or on a mail instance with its node."""

import functools
import typing as tp

from exordos_mail.cli import contexts, shapes
from exordos_mail.cli.api import Api
from exordos_mail.cli.contexts import Context
from exordos_mail.cli.control_plane import ControlPlane
from exordos_mail.cli.nouns import Noun
from exordos_mail.cli.resources import (
    Collection,
    OfInstance,
    OfPlatform,
    OfService,
)
from exordos_mail.standards.program import Failure


class Backend(tp.Protocol):
    """What a command works on."""

    @property
    def api(self) -> Api:
        """Return the send service, in the name of a token."""

    @property
    def tenants(self) -> Collection:
        """Return all tenants."""

    @property
    def keys(self) -> Collection:
        """Return the tenant's API keys."""

    @property
    def relays(self) -> Collection:
        """Return the tenant's relays."""

    @property
    def suppressions(self) -> Collection:
        """Return the addresses that get nothing of the tenant."""

    def of(self, noun: Noun) -> Collection:
        """Return what the control plane has of a noun.

        Raises:
            Failure: there is no control plane, or no instance is chosen.
        """

    @property
    def own(self) -> str | None:
        """Return the name of the context that keeps keys of tenants; None: none."""

    def sender(self) -> Context:
        """Return where the tenant sends, without a token."""


class ServiceBackend:
    """A send service."""

    own = None

    def __init__(self, context: Context) -> None:
        self.api = Api(context)
        self.tenants = OfService(self.api, "tenants", of_tenant=False)
        self.keys = OfService(self.api, "keys")
        self.relays = OfService(self.api, "relays")
        self.suppressions = OfService(self.api, "suppressions")

    def of(self, noun: Noun) -> Collection:
        """Refuse: a service has tenants only."""
        raise Failure(
            f"a send service has no {noun.name}: choose a context of the platform"
            " (`contexts add NAME --platform`)"
        )

    def sender(self) -> Context:
        """Return where the tenant sends, without a token."""
        here = self.api.context
        return Context(here.url, "", here.tenant, here.trust)


class InstanceBackend:
    """A mail instance: its control plane, and the send service of its node."""

    def __init__(
        self, name: str, context: Context, tenant: str | None, uuid: str | None
    ) -> None:
        """Make it.

        Args:
            name: of the context.
            tenant: that commands are about; None: not said.
            uuid: of the instance that commands are about; None: the context's.

        Raises:
            Failure: the context is of another instance.
        """
        self.own = name
        self._instance = tp.cast(contexts.Instance, context.instance)
        self._tenant = tenant
        own = self._instance.uuid
        if None not in (own, uuid) and own != uuid:
            raise Failure(f"the context {name} is of the instance {own}")
        self._uuid = own or uuid
        self._plane = plane = ControlPlane(context, self._keep)
        self.tenants = OfInstance(plane, shapes.TENANT, self._instance_path)
        self.keys = OfInstance(plane, shapes.KEY, self._path)
        self.relays = OfInstance(plane, shapes.RELAY, self._path)
        self.suppressions = OfInstance(plane, shapes.SUPPRESSION, self._path)

    @property
    def api(self) -> Api:
        """Return the node's service, in the name of the key that the context has.

        Raises:
            Failure: it has none for the tenant.
        """
        tenant = self._chosen()
        if tenant not in self._instance.nodes:
            raise Failure(
                f"the context {self.own} has no key of the tenant {tenant}: make one"
                f" with `keys add NAME --as-context {self.own}`"
            )
        return Api(self._instance.nodes[tenant])

    def sender(self) -> Context:
        """Return where the tenant sends, without a token.

        Raises:
            Failure: the instance has no address yet.
        """
        tenant = self._chosen()
        url = self.tenants.get(tenant)["url"]
        if url is None:
            raise Failure("the instance has no address yet")
        former = self._instance.nodes.get(tenant)
        trusted = former.trust if former is not None and former.url == url else None
        return Context(contexts.address(url), "", tenant, trusted)

    def of(self, noun: Noun) -> Collection:
        """Return what the control plane has of a noun."""
        kind = shapes.Kind(noun.singular, noun.name, noun.key)
        parent = self._instance_path if noun.of_instance else str
        return OfPlatform(self._plane, kind, parent)

    def _instance_path(self) -> str:
        if self._uuid is None:
            raise Failure("no instance selected: use --instance UUID")
        return f"/instances/{self._uuid}"

    def _chosen(self) -> str:
        if self._tenant is None:
            raise Failure("no tenant selected: use --tenant or `contexts use /TENANT`")
        return self._tenant

    @functools.cached_property
    def _tenant_path(self) -> str:
        return self.tenants.path_of(self._chosen())

    def _path(self) -> str:
        return self._tenant_path

    def _keep(self, context: Context) -> None:
        # No more than the tokens: another command may have kept a key meanwhile.
        known = contexts.load()
        kept = known.contexts.get(self.own)
        if kept is not None and kept.instance is not None:
            kept.token = context.token
            kept.instance.login = self._instance.login
            contexts.save(known)
