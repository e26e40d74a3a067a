# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An instance, its accounts, and what their owners can do with them."""

import collections.abc as cabc
import contextlib
import dataclasses
import secrets
import typing as tp

from tests.functional import api as api_module
from tests.functional import smtp, waiting

Api = api_module.Api

#: Begins every password of the tests, so that a leak is found by it.
PASSWORD_PREFIX = "Sekret-"


def new_password() -> str:
    """Return a password that nobody else has."""
    return PASSWORD_PREFIX + secrets.token_urlsafe(9)


@dataclasses.dataclass(frozen=True)
class Instance:
    """An ACTIVE instance."""

    uuid: str
    domain: str
    host: str

    @property
    def path(self) -> str:
        """Return the instance's path below `/v1/types/mail`."""
        return f"/instances/{self.uuid}"

    @property
    def accounts(self) -> str:
        """Return the path of its accounts."""
        return f"{self.path}/accounts/"


@dataclasses.dataclass(frozen=True)
class Account:
    """An account and the password that its owner knows."""

    path: str
    uuid: str
    username: str
    login: str
    password: str
    host: str

    def code(
        self,
        password: str | None = None,
        port: int = smtp.SUBMISSION,
        mechanism: str = "PLAIN",
    ) -> int:
        """Return the answer to a login; see `smtp.login_code`."""
        secret = self.password if password is None else password
        return smtp.login_code(self.host, self.login, secret, port, mechanism)

    def wait_code(self, code: int, password: str | None = None) -> None:
        """Return as soon as a login is answered with `code`."""
        waiting.until(
            f"login of {self.username} answers {code}",
            lambda: self.code(password),
            good=lambda now: now == code,
        )

    def session(self, port: int = smtp.SUBMISSION) -> tp.Any:
        """Return an SMTP session that is logged in."""
        session = smtp.secure(self.host, port)
        reply = smtp.auth(session, "PLAIN", self.login, self.password)
        assert reply[0] == 235, reply
        return session


class Accounts:
    """Makes accounts in one instance and removes them again."""

    def __init__(self, api: Api, instance: Instance) -> None:
        self.api = api
        self.instance = instance
        self.made: list[str] = []

    def create(self, password: str | None = None, **fields: tp.Any) -> Account:
        """Create an account; without `password_hash` it gets a password.

        Args:
            password: what its owner types; random if not given.
            fields: further fields of the body.
        """
        secret = password or new_password()
        if "password_hash" not in fields:
            fields["password"] = secret
        else:
            fields["password"] = None
        body = self.api.account_body(self.instance.uuid, **fields)
        answer = self.api.create(self.instance.accounts, body)
        path = f"{self.instance.accounts}{answer['uuid']}"
        self.made.append(path)
        return Account(
            path=path,
            uuid=answer["uuid"],
            username=body["username"],
            login=f"{body['username']}@{self.instance.domain}",
            password=secret,
            host=self.instance.host,
        )

    def working(self, password: str | None = None, **fields: tp.Any) -> Account:
        """Create an account and wait until it can log in."""
        account = self.create(password, **fields)
        account.wait_code(235)
        return account

    def remove(self) -> None:
        """Delete what was made; what is gone already is fine."""
        for path in self.made:
            answer = self.api.call("DELETE", path)
            assert answer.status_code in (200, 204, 404), api_module.describe(answer)


@contextlib.contextmanager
def own_instance(api: Api, **fields: tp.Any) -> cabc.Iterator[Instance]:
    """Create an instance, wait until it is ACTIVE, and leave nothing behind."""
    made = api.create("/instances/", api.instance_body(**fields))
    host = None
    try:
        active = api.wait_active(made["uuid"])
        host = active["ipsv4"][0]
        yield Instance(active["uuid"], active["domain"], host)
    finally:
        answer = api.call("DELETE", f"/instances/{made['uuid']}")
        assert answer.status_code in (200, 204, 404), api_module.describe(answer)
        api.wait_gone(made["uuid"])
    wait_silent(host)


def wait_silent(host: str) -> None:
    """Return as soon as nobody answers at the host's mail ports."""
    waiting.until(
        f"the mail ports of {host} are silent",
        lambda: (
            not any(
                smtp.answers(host, port)
                for port in (smtp.RELAY, smtp.SUBMISSIONS, smtp.SUBMISSION)
            )
        ),
        timeout=waiting.INSTANCE_TIMEOUT,
    )
