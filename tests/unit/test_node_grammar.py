# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How addresses may be written, without exim."""

import re

import pytest

from exordos_mail.dataplane.services.exim import grammar, quoting

_ONE = re.compile(grammar.ONE_MAILBOX)


@pytest.mark.parametrize(
    "text",
    [
        "<a@b.test>",
        "a@b.test",
        '<"a b"@b.test>',
        '<"a\\"b"@b.test>',
        "<@r.test,@s.test:a@b.test>",
        "<a@b.test> NOTIFY=NEVER orcpt=rfc822;a@b.test",
        "<Postmaster>",
    ],
)
def test_recipients(text):
    assert re.match(grammar.RECIPIENT, text)


@pytest.mark.parametrize(
    "text",
    [
        "<>",
        "a b@b.test",
        "<a b@b.test>",
        '<"a b\\""@b.test>',
        "<a@b.test> SIZE=1",
        "< a@b.test>",
        "<a@b.test >",
        "<a@b.test",
        "a@b.test>",
        "<" + "a" * 256 + "@b>",
    ],
)
def test_what_is_no_recipient(text):
    assert not re.match(grammar.RECIPIENT, text)


def test_senders():
    assert re.match(grammar.SENDER, "<>")
    assert re.match(grammar.SENDER, "<a@b.test> SIZE=1 RET=FULL")
    assert not re.match(grammar.SENDER, "< >")
    assert not re.match(grammar.SENDER, "<postmaster>")


@pytest.mark.parametrize(
    "body",
    [
        " a@b.test",
        "\n a@b.test (c)",
        ' "D, A" <a@b.test>',
        " D (x) A\n <a@b.test>\n (y)",
        " (x) a@b.test",
        " =?utf-8?q?x?= <a@b.test>",
    ],
)
def test_header_with_one_mailbox(body):
    found = _ONE.fullmatch(body)
    assert found
    assert (found[1] or found[3], found[2] or found[4]) == ("a@b.test", "b.test")


@pytest.mark.parametrize(
    "body",
    [
        "",
        " a@b.test,",
        " T: a@b.test;",
        " a@b.test, c@d.test",
        " a@b.test (c@d.test)",
        " a@b.test\nc@d.test",
        " <a@b.test> <c@d.test>",
        " c@d.test <a@b.test>",
        " a@[192.0.2.1]",
        " D <@r.test:a@b.test>",
        " D (x (y)) <a@b.test>",
    ],
)
def test_header_with_another_number_of_mailboxes(body):
    assert not _ONE.fullmatch(body)


@pytest.mark.parametrize("pattern", [r"a\Nb", "a\nb", 3])
def test_only_a_pattern_gets_into_the_configuration(pattern):
    with pytest.raises(quoting.QuotingError):
        quoting.exim_regex(pattern)


def test_patterns_may_stand_in_the_configuration():
    for pattern in (grammar.RECIPIENT, grammar.SENDER, grammar.ONE_MAILBOX):
        assert quoting.exim_regex(pattern) == rf"\N{pattern}\N"
