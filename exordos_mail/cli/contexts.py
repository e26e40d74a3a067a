# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Contexts: which service, in whose name, and about which tenant.

They are kept in one file for its owner only, because tokens are in it.
"""

import os
import pathlib
import typing as tp

import click
import msgspec

from exordos_mail.cli import PROGRAM, addresses
from exordos_mail.cli.trust import Trust
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure

#: Where `serve` listens when nothing else is said.
LOCAL = "http://127.0.0.1:8025"
#: Where `serve` then keeps the admin token, by its variable or by default.
_DATA = ("EXORDOS_MAIL_SEND_DATA", "~/.local/share/exordos-mail-send")


class Context(msgspec.Struct, omit_defaults=True):
    """One of the user's contexts.

    Of a send service; or of a mail instance, with its control plane's address.
    """

    url: str
    token: str
    tenant: str | None = None
    trust: Trust | None = None
    instance: "Instance | None" = None


class Login(msgspec.Struct, omit_defaults=True):
    """How a token of the platform is renewed; a password is never kept."""

    #: The platform's own address, where its IAM is.
    url: str
    #: What the token is for, such as `project:<uuid>`.
    scope: str = ""
    #: Who asks for it; None: nobody is asked for a password.
    user: str | None = None
    #: The platform's settings have the password (realm.py).
    realm: str | None = None
    refresh_token: str | None = None


class Instance(msgspec.Struct, omit_defaults=True):
    """A mail instance of the platform, or all of them."""

    #: None: commands say which instance they are about.
    uuid: str | None
    #: None: the token is all there is.
    login: Login | None = None
    #: By tenant: the send service of the node, with a key of the tenant.
    nodes: dict[str, Context] = {}


class Contexts(msgspec.Struct):
    """All of them."""

    current: str | None = None
    contexts: dict[str, Context] = {}

    def named(self, name: str) -> Context:
        """Return a context.

        Raises:
            Failure: there is none of this name.
        """
        if name not in self.contexts:
            raise Failure(f"no context is called {name}: see `contexts list`")
        return self.contexts[name]

    def chosen(self, name: str | None) -> Context | None:
        """Return the context of a name, else the current, else the only one."""
        name = name or self.current
        if name is not None:
            return self.named(name)
        return next(iter(self.contexts.values())) if len(self.contexts) == 1 else None


class Target(tp.NamedTuple):
    """Whom a command talks to."""

    url: str
    #: None: nobody has given one.
    token: str | None
    tenant: str | None
    #: The context that this address is of, and its name.
    context: Context | None = None
    name: str = ""


def path() -> pathlib.Path:
    """Return where contexts are kept."""
    return pathlib.Path(click.get_app_dir(PROGRAM)) / "contexts.json"


def load() -> Contexts:
    """Return the user's contexts.

    Raises:
        Failure: the file is something else, or others can read it.
    """
    file = path()
    if not os.path.lexists(file):
        return Contexts()
    try:
        return msgspec.json.decode(secret_file.read(file), type=Contexts)
    except secret_file.SecretFileError as error:
        raise Failure(str(error)) from None
    except msgspec.DecodeError:
        raise Failure(
            f"{file} does not hold contexts: remove it, and add them again"
        ) from None


def save(contexts: Contexts) -> None:
    """Write the user's contexts."""
    file = path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(contexts)).decode()
    secret_file.write(file, text)


def target(
    contexts: Contexts,
    name: str | None,
    url: str | None,
    tenant: str | None,
    token: str | None,
) -> Target:
    """Return whom a command talks to.

    A token is sent to no other address than the one it was given for: that of a
    context belongs to its URL, and this machine's own to LOCAL.

    Args:
        name: of a context; None: the current one.
        url: instead of the context's.
        tenant: instead of the context's.
        token: instead of the context's.
    """
    context = contexts.chosen(name)
    if context is not None and (url is None or address(url) == context.url):
        name = name or contexts.current or next(iter(contexts.contexts))
        if context.instance is not None and token is not None:
            # It may be a key, which is not for the control plane to see.
            raise click.UsageError(f"the context {name} has tokens of its own")
        return Target(
            context.url, token or context.token, tenant or context.tenant, context, name
        )
    url = LOCAL if url is None else address(url)
    if token is None and url == LOCAL:
        token = _local_token()
    return Target(url, token, tenant)


def address(given: str) -> str:
    """Return a service's address without the path that `serve` shows.

    Raises:
        UsageError: it is none.
    """
    parts = addresses.parts(given)
    if parts is None or parts.path.rstrip("/") not in ("", "/v1"):
        raise click.UsageError("the address of a service is http(s)://host[:port]")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def checked_token(given: str) -> str:
    """Return a token as it is sent.

    Raises:
        Failure: it cannot be one; it is not repeated.
    """
    token = given.strip()
    if not token or not token.isascii() or not all("!" <= one <= "~" for one in token):
        raise Failure("the token is not valid: it has ASCII without spaces alone")
    return token


def _local_token() -> str | None:
    file = pathlib.Path(os.environ.get(*_DATA)).expanduser() / "admin-token"
    if not os.access(file, os.R_OK):
        return None
    try:
        return checked_token(secret_file.read(file))
    except secret_file.SecretFileError as error:
        raise Failure(str(error)) from None
