# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where commands work: on a send service, or on a mail instance with its node."""

import functools
import types
import typing as tp

from exordos_mail.cli import contexts, nouns
from exordos_mail.cli.api import Api
from exordos_mail.cli.contexts import Context
from exordos_mail.cli.control_plane import ControlPlane
from exordos_mail.cli.nouns import Noun
from exordos_mail.cli.resources import Collection, OfPlane, OfService
from exordos_mail.standards.program import Failure

#: Which one is meant of each noun that something is below of, by noun.
Chosen = tp.Mapping[str, str]
_NOTHING: Chosen = types.MappingProxyType({})


class ServiceBackend:
    """A send service."""

    #: The name of the context that keeps keys of tenants.
    own: str | None = None

    def __init__(self, context: Context) -> None:
        self.api = Api(context)

    def of(self, noun: Noun, below: Chosen = _NOTHING) -> Collection:
        """Return all of a noun; a service has no instances and what is theirs."""
        if noun.kept == "plane":
            raise Failure(
                f"a send service has no {noun.name}: choose a context of the platform"
                " (`contexts add NAME --platform`)"
            )
        return OfService(self.api, noun)

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
        self._plane = ControlPlane(context, self._keep)
        self._tenants = self._of_plane(nouns.OF_PLANE["tenant"], _NOTHING)

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
        url = self._tenants.get(tenant)["url"]
        if url is None:
            raise Failure("the instance has no address yet: wait until it is ACTIVE")
        former = self._instance.nodes.get(tenant)
        trusted = former.trust if former is not None and former.url == url else None
        return Context(contexts.address(url), "", tenant, trusted)

    def of(self, noun: Noun, below: Chosen = _NOTHING) -> Collection:
        """Return all of a noun: the control plane's, else the node's.

        Args:
            below: names of what it is below of, by noun, besides instance and tenant.
        """
        if noun.kept == "service":
            return OfService(self.api, noun)
        return self._of_plane(noun, below)

    def _of_plane(self, noun: Noun, below: Chosen) -> OfPlane:
        return OfPlane(self._plane, noun, lambda one: self._parent(one, below))

    def _parent(self, noun: Noun, below: Chosen) -> str:
        match noun.below:
            case "":
                return ""
            case "instance":
                return self._instance_path
            case "tenant":
                return self._tenant_path
        parent = self._of_plane(nouns.OF_PLANE[noun.below], below)
        return parent.path_of(below[noun.below])

    @property
    def _instance_path(self) -> str:
        if self._uuid is None:
            raise Failure("no instance selected: use --instance UUID")
        return f"/instances/{self._uuid}"

    @functools.cached_property
    def _tenant_path(self) -> str:
        return self._tenants.path_of(self._chosen())

    def _chosen(self) -> str:
        if self._tenant is None:
            raise Failure("no tenant selected: use --tenant or `contexts use /TENANT`")
        return self._tenant

    def _keep(self, context: Context) -> None:
        # No more than the tokens: another command may have kept a key meanwhile.
        known = contexts.load()
        kept = known.contexts.get(self.own)
        if kept is not None and kept.instance is not None:
            kept.token = context.token
            kept.instance.login = self._instance.login
            contexts.save(known)


Backend = ServiceBackend | InstanceBackend
