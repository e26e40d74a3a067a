# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node is told of mailboxes: only what an account has, and each change of it."""

import itertools

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.protocol import documents
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.unit import libcrypt

HASH = {"password_hash": libcrypt.SHA512}


def add(instance, username: str, **values) -> models.MailAccount:
    given = {"username": username, "password_hash": "{CRYPT}" + libcrypt.SHA512}
    made = models.MailAccount(instance=w.read(instance), **{**given, **values})
    made.insert()
    return made


def told(answer: calls.Answer) -> dict[str, dict[str, object]]:
    """Return the accounts that were fetched, whose texts are canonical."""
    found = {}
    for text in answer.texts.get("accounts", {}).values():
        bucket = documents.parse(text)
        assert documents.text(bucket) == text
        found |= bucket
    calls.check(answer)
    return found


def test_document_has_only_what_the_account_has(call, assigned, node):
    expected = {}
    add(assigned, "gone", active=False, quota_bytes=1, suspended="refuse")
    choices = itertools.product(
        (True, False), (True, False), (None, 5), (None, 7), ("none", "read_only")
    )
    for number, (active, mailbox, size, count, suspended) in enumerate(choices):
        made = add(
            assigned,
            f"u{number}",
            active=active,
            mailbox=mailbox,
            quota_bytes=size,
            quota_messages=count,
            suspended=suspended,
        )
        if active or mailbox:
            expected[made.username] = {
                **({"mailbox": str(made.uuid)} if mailbox else {}),
                **(HASH if active else {}),
                **({"quota_bytes": size} if size else {}),
                **({"quota_messages": count} if count else {}),
                **({"suspended": suspended} if suspended != "none" else {}),
            }
    assert told(call(node).ask()) == expected
    assert len(expected) == 24


def test_account_for_sending_alone_costs_what_it_did(call, assigned, node):
    add(assigned, "printer")
    answer = call(node).ask()
    (text,) = answer.texts["accounts"].values()
    assert text == f'{{"printer":{{"password_hash":"{libcrypt.SHA512}"}}}}'


def test_account_of_another_domain_is_told_by_its_address(call, assigned, node):
    models.MailDomain(instance=w.read(assigned), name="second.org").insert()
    made = add(assigned, "ann", domain="second.org", mailbox=True, active=False)
    assert told(call(node).ask()) == {"ann@second.org": {"mailbox": str(made.uuid)}}


@pytest.mark.parametrize(
    "change",
    [
        {"mailbox": True},
        {"quota_bytes": 5},
        {"quota_messages": 5},
        {"suspended": "defer"},
        {"active": False},
    ],
)
def test_each_change_is_told_by_its_bucket_and_by_nothing_more(
    call, world, assigned, node, change
):
    made = add(assigned, "ann")
    add(assigned, "bob")
    world.iterate()  # the digests are kept: a change that is overlooked keeps them
    caller = call(node)
    before = caller.ask()
    made.update_dm(change)
    made.update()
    after = caller.ask_again(before)
    # whose only account does not log in, a bucket is gone
    expected = [] if "active" in change else [documents.bucket("ann")]
    assert list(after.texts) == (["accounts"] if expected else [])
    assert list(after.texts.get("accounts", {})) == expected
    assert after.state.revision != before.state.revision
    made.update_dm({"name": "Ann", "description": "for people alone"})
    made.update()
    assert caller.ask_again(after).texts == {}


def test_deleted_mailbox_has_no_document(call, assigned, node):
    made = add(assigned, "ann", mailbox=True)
    caller = call(node)
    assert told(caller.ask())
    made.delete()
    assert caller.ask().collections["accounts"] == {}


def test_settings_say_whether_the_instance_keeps_mailboxes(call, world, assigned, node):
    caller = call(node)
    assert "mailboxes" not in caller.ask().settings
    for values, expected in (
        ({"mailboxes": True}, {"quota_bytes": None, "quota_messages": None}),
        ({"mailbox_quota_bytes": 9}, {"quota_bytes": 9, "quota_messages": None}),
        ({"mailbox_quota_messages": 8}, {"quota_bytes": 9, "quota_messages": 8}),
        ({"mailboxes": False}, None),
    ):
        read = w.read(assigned)
        read.update_dm(values)
        read.update()
        world.iterate()
        answer = caller.ask()
        assert answer.settings.get("mailboxes") == expected
        assert w.payload(assigned)["revision"] == answer.state.revision
