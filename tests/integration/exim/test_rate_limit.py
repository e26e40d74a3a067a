# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account may reach so many recipients in a time, others are not affected."""

from tests.integration.exim import fixtures, payloads


def _codes(login: str, password: str, count: int) -> list[int]:
    smtp = fixtures.client(587, login, password)
    smtp.mail(login)
    return [smtp.rcpt(f"r{number}@elsewhere.test")[0] for number in range(count)]


def test_recipients_over_the_limit_are_put_off(machine):
    accounts = {"alice": "a", "bob": "b"}
    machine.apply(payloads.payload(accounts, rate_limit="3 / 1h"))
    assert _codes("alice@example.com", "a", 4) == [250, 250, 250, 451]
    assert _codes("bob@example.com", "b", 3) == [250, 250, 250]
    assert "RATELIMIT id=alice@example.com" in machine.log()


def test_another_limit_takes_effect_without_a_reload(machine):
    machine.apply(payloads.payload({"alice": "a"}, rate_limit="2 / 1h"))
    daemon = machine.daemon()
    assert _codes("alice@example.com", "a", 3) == [250, 250, 451]
    machine.apply(payloads.payload({"alice": "a"}, rate_limit="9 / 1h"))
    assert _codes("alice@example.com", "a", 3) == [250, 250, 250]
    assert machine.daemon() == daemon


def test_names_with_every_allowed_character_are_counted(machine):
    machine.apply(payloads.payload({"a.b_c+d-e": "a"}, rate_limit="2 / 1h"))
    assert _codes("a.b_c+d-e@example.com", "a", 3) == [250, 250, 451]


def _submit(*recipients: str, author: str = payloads.ALICE) -> int:
    message = f"From: {author}\r\n\r\nx\r\n"
    return fixtures.submit(message, recipients=recipients)[0]


def test_only_what_is_accepted_counts(machine):
    machine.apply(payloads.payload(rate_limit="4 / 1h"))
    recipients = [f"r{number}@elsewhere.test" for number in range(4)]
    smtp = fixtures.alice()
    for _ in range(3):  # named, and taken back
        smtp.mail(payloads.ALICE)
        assert [smtp.rcpt(one)[0] for one in recipients] == [250] * 4
        smtp.rset()
    assert _submit(*recipients, author="bob@example.com") == 550
    assert _submit(*recipients[:3]) == 250
    assert _submit(recipients[0], recipients[1]) == 451
    assert _submit(recipients[0]) == 250
    assert _submit(recipients[0]) == 451


def test_messages_at_once_do_not_pass_the_limit_together(machine):
    machine.apply(payloads.payload(rate_limit="3 / 1h"))
    sessions = [fixtures.alice() for _ in range(4)]
    for smtp in sessions:
        smtp.mail(payloads.ALICE)
        assert smtp.rcpt("bob@elsewhere.test")[0] == 250
    message = "From: alice@example.com\r\n\r\nx\r\n"
    codes = [smtp.data(message)[0] for smtp in sessions]
    assert codes == [250, 250, 250, 451]
