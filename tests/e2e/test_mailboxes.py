# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail of a remote host is kept, read by IMAP, and refused before it is taken."""

import collections.abc as cabc
import email
import imaplib
import secrets
import typing as tp

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts
from tests.functional import api as api_module
from tests.functional import resources, smtp, waiting
from tests.stand.mailbox_judges import letters, session

REMOTE = "MX1"
#: Seconds until a session has ended whose account may not log in any more.
ENDS_IN = 30


class Post:
    """A remote host that sends, and readers of what arrives.

    Args:
        harness: the stand.
        api: of the instance's owner.
        instance: keeps mailboxes.
    """

    def __init__(
        self,
        harness: harness_module.Harness,
        api: api_module.Api,
        instance: resources.Instance,
    ) -> None:
        self.harness, self.api, self.instance = harness, api, instance
        self.sender = f"ann-{secrets.token_hex(4)}@{remote_hosts.domain(REMOTE)}"
        self._aliases: list[str] = []

    def code(self, local_part: str) -> str:
        """Return what port 25 answers to a recipient, the code and its subject."""
        with smtp.plain(self.instance.host, smtp.RELAY) as client:
            client.mail(self.sender)
            code, text = client.rcpt(self.address(local_part))
        return f"{code} {text.decode().partition(' ')[0]}"

    def takes(self, *local_parts: str) -> None:
        """Wait until the node takes mail for addresses."""
        for one in local_parts:
            waiting.until(
                f"{one} is taken",
                lambda one=one: self.code(one),  # type: ignore[misc]
                good=lambda answer: answer.startswith("250"),
            )

    def address(self, local_part: str) -> str:
        return f"{local_part}@{self.instance.domain}"

    def alias(self, local_part: str, *targets: str) -> None:
        """Make an alias, and wait until it takes mail."""
        body = {
            "local_part": local_part,
            "targets": list(targets),
            "project_id": self.api.cloud.project,
        }
        made = self.api.create(f"{self.instance.path}/aliases/", body)
        self._aliases.append(f"{self.instance.path}/aliases/{made['uuid']}")
        self.takes(local_part if local_part != "*" else "nobody-has-it")

    def forget(self) -> None:
        """Remove the aliases."""
        while self._aliases:
            self.api.delete(self._aliases.pop())

    def write(self, local_part: str) -> str:
        """Have the remote host send a message; return its Message-ID."""
        new = letters.new_id(local_part)
        text = letters.compose(new, self.address(local_part)).decode()
        head = f"MAIL FROM:<{self.sender}>\nRCPT TO:<{self.address(local_part)}>\n"
        batch = f"{head}DATA\n{text.rstrip()}\n.\nQUIT\n"
        shell = 'printf %s "$1" | exim4 -odb -bS'
        self.harness.ctl("remote", "mx1", "--", "sh", "-c", shell, "sh", batch)
        return new

    def log(self, word: str) -> list[str]:
        """Return lines of the remote host's log."""
        grep = ("grep", "-F", "--", word, "/var/log/exim4/mainlog")
        done = self.harness.ctl("remote", "mx1", "--", *grep, check=False)
        return done.stdout.splitlines()

    def ids(self, account: resources.Account) -> list[str]:
        """Return the Message-IDs in an inbox."""
        trust = smtp.tls_context()
        with imaplib.IMAP4_SSL(account.host, ssl_context=trust, timeout=30) as imap:
            imap.login(account.login, account.password)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].decode().replace(" ", ",")
            found = imap.fetch(numbers, "(BODY.PEEK[HEADER])")[1] if numbers else []
        parts = [one[1] for one in found if isinstance(one, tuple)]
        heads = [email.message_from_bytes(one) for one in parts]
        return sorted(one["Message-ID"] for one in heads)

    def arrives(self, account: resources.Account, *ids: str) -> None:
        """Wait until as many messages are there; they must be these, each once."""
        found = waiting.until(
            f"{len(ids)} messages of {account.login}",
            lambda: self.ids(account),
            good=lambda now: len(now) >= len(ids),
        )
        assert found == sorted(ids)


@pytest.fixture(scope="module")
def post(
    harness: harness_module.Harness,
    api: api_module.Api,
    instance: resources.Instance,
    published: None,
) -> cabc.Iterator[Post]:
    """Have the run's instance keep mailboxes, and be without them afterwards."""
    domain = f"{instance.path}/domains/{instance.uuid}"
    api.update(instance.path, {"mailboxes": True})
    api.update(domain, {"receives": True})
    api.wait_active(instance.uuid)
    post = Post(harness, api, instance)
    yield post
    post.forget()
    api.update(domain, {"receives": False})
    api.update(instance.path, {"mailboxes": False})
    api.wait_active(instance.uuid)


@pytest.fixture
def mailboxes(
    post: Post, accounts: resources.Accounts
) -> cabc.Callable[..., resources.Account]:
    """Return a maker of accounts with a mailbox that takes mail already."""

    def make(**fields: tp.Any) -> resources.Account:
        made = accounts.create(mailbox=True, **fields)
        post.takes(made.username)
        return made

    return make


Maker = cabc.Callable[..., resources.Account]


def test_each_door_of_the_node_is_well(post: Post) -> None:
    told = waiting.until(
        "its services are well",
        lambda: post.api.get(post.instance.path)["health"],
        good=lambda now: (
            now["state"] == "ok"
            and {25, 993} <= {one["port"] for one in now["services"]}
        ),
    )
    assert {"exim", "dovecot", "outcomes"} <= {
        one["service"] for one in told["services"]
    }


def test_mail_arrives_by_account_alias_and_tag(post: Post, mailboxes: Maker) -> None:
    ann, bob = mailboxes(), mailboxes()
    sales = f"sales-{secrets.token_hex(3)}"
    post.alias(sales, ann.login, bob.login)
    ids = [post.write(one) for one in (ann.username, f"{ann.username}+tag", sales)]
    post.arrives(ann, *ids)
    post.arrives(bob, ids[-1])


def test_unknown_and_full_are_refused_at_rcpt_and_nothing_comes_back(
    post: Post, mailboxes: Maker
) -> None:
    full = mailboxes(quota_messages=1)
    post.arrives(full, post.write(full.username))
    nobody = api_module.unique_username()
    for name, answer in ((full.username, "552 5.2.2"), (nobody, "550 5.1.1")):
        assert post.code(name) == answer
        post.write(name)
        lines = waiting.until(
            f"the remote host has heard of {name}",
            lambda name=name: post.log(f"** {post.address(name)} "),  # type: ignore[misc]
        )
        assert answer in lines[0]
    host = f"[{post.instance.host}]"
    assert [one for one in post.log(" <= <> H=") if host in one] == []


def test_catch_all_takes_what_nobody_has(post: Post, mailboxes: Maker) -> None:
    cat, dan = mailboxes(), mailboxes()
    post.alias("*", cat.login)
    caught, kept = post.write("anybody"), post.write(dan.username)
    post.arrives(cat, caught)
    post.arrives(dan, kept)
    post.forget()


def test_disabled_account_is_logged_out(post: Post, mailboxes: Maker) -> None:
    account = mailboxes()
    trust = smtp.tls_context()
    told = session.Session(account.host, account.login, account.password, trust)
    new = post.write(account.username)
    assert told.wait(session.is_new_message, ENDS_IN) is not None
    post.api.update(account.path, {"active": False})
    assert told.wait(session.is_end, ENDS_IN) is not None
    told.close()
    with pytest.raises(imaplib.IMAP4.error):
        post.ids(account)
    # Its mail is still kept.
    post.api.update(account.path, {"active": True})
    account.wait_code(235)
    post.arrives(account, new)


def test_script_of_the_control_plane_files_mail(post: Post, mailboxes: Maker) -> None:
    account = mailboxes()
    body = {"name": "main", "project_id": post.api.cloud.project}
    bad = {**body, "content": "keep;\nnonsense;\n"}
    made = post.api.create(f"{account.path}/sieve_scripts/", bad)
    path = f"{account.path}/sieve_scripts/{made['uuid']}"

    def judged(status: str) -> tp.Any:
        return waiting.until(
            f"the script is {status}",
            lambda: post.api.get(path),
            good=lambda found: found["status"] == status,
        )

    assert judged("ERROR")["error_line"] == 2
    post.api.update(path, {"content": "discard;"})
    judged("ACTIVE")
    post.write(account.username)
    post.api.update(path, {"content": "keep;"})
    judged("ACTIVE")
    post.arrives(account, post.write(account.username))
