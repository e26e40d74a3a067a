# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts, keys and limits apply at the next lookup; the domain by a reload."""

import pathlib

from tests.integration.exim import fixtures, payloads


def test_many_changes_are_one_daemon(machine):
    machine.apply(payloads.payload())
    daemon = machine.daemon()
    for number in range(20):
        machine.apply(payloads.payload({f"user{number}": "p"}, generation=number))
        assert fixtures.login_code(f"user{number}@example.com", "p") == 235
    assert machine.daemon() == daemon


def test_other_generation_of_the_same_content_is_taken_over(mail):
    daemon = mail.daemon()
    target = payloads.without_bulk(payloads.payload(generation=9, name="renamed"))
    report = mail.apply(target)
    assert (report.generation, report.name) == (9, "renamed")
    assert mail.fresh_node().observe().generation == 9
    assert mail.daemon() == daemon


def test_other_domain_is_a_reload_that_keeps_sessions(machine):
    machine.apply(payloads.payload({"alice": "a"}))
    pid = machine.daemon()[0]
    machine.apply(payloads.payload({"alice": "a"}, domain="example.org"))
    assert machine.daemon()[0] == pid
    assert fixtures.login_code("alice@example.org", "a") == 235
    assert fixtures.login_code("alice@example.com", "a") == 535
    assert not machine.layout.disk("/etc/exim4/dkim/example.com").exists()


def test_bulk_of_another_revision_than_the_known_one_is_awaited(mail):
    wanted = payloads.payload({"bob": "b"}, generation=2)
    known = payloads.payload()["revision"]
    report = mail.node.converge(payloads.without_bulk(wanted))
    assert report.revision == known
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    mail.apply(wanted)


def test_idle_pass_reads_no_file(mail, monkeypatch):
    mail.node.observe()
    read = []
    real = pathlib.Path.read_bytes

    def read_bytes(path):
        read.append(str(path))
        return real(path)

    monkeypatch.setattr(pathlib.Path, "read_bytes", read_bytes)
    for _ in range(5):
        assert mail.node.observe().status == "ACTIVE"
    assert read == []
