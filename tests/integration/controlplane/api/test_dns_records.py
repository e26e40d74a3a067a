# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DNS records of a domain by REST, and the text for a zone file."""

import dns.zone
import pytest

from tests.integration.controlplane import conftest
from tests.integration.support import client


@pytest.fixture
def domain(instance: client.Body) -> str:
    """The path of an instance's primary domain."""
    return f"/instances/{instance['uuid']}/domains/{instance['uuid']}"


@pytest.fixture
def records(instance: client.Body, db: conftest.Connection) -> int:
    """How many records the checker has left."""
    db.execute(
        "INSERT INTO mail_dns_records (uuid, project_id, domain, name, type, value,"
        " purpose, required, state, expected, found, fix, since, checked_at,"
        " created_at, updated_at) SELECT gen_random_uuid(), %s, %s, 'n' || n, 'TXT',"
        " 'v', 'spf', true, 'wrong', 'e', ARRAY['a', E'b\\\\226'], 'Do.', now(), now(),"
        " now(), now() FROM generate_series(1, 3) n",
        (instance["project_id"], instance["uuid"]),
    )
    return 3


def test_records_are_shown_and_paged_and_changed_by_nobody(
    tenant: client.Client, domain: str, records: int
) -> None:
    found = tenant.get(f"{domain}/dns_records/").json()
    assert len(found) == records
    one = found[0]
    assert {
        name: one[name] for name in ("type", "state", "found", "fix", "purpose")
    } == {
        "type": "TXT",
        "state": "wrong",
        "found": ["a", "b\\226"],
        "fix": "Do.",
        "purpose": "spf",
    }
    assert "doubts" not in one
    assert tenant.get(f"{domain}/dns_records/{one['uuid']}").json() == one
    page = tenant.get(f"{domain}/dns_records/?page_limit=2")
    assert len(page.json()) == 2
    assert len(tenant.get(f"{domain}/dns_records/?state=ok").json()) == 0
    for method in ("PUT", "PATCH", "DELETE"):
        path = f"{domain}/dns_records/{one['uuid']}"
        assert tenant.call(method, path, json={}).status_code == 405
    assert tenant.call("POST", f"{domain}/dns_records/", json={}).status_code == 405


def test_the_zone_is_text_that_a_zone_parser_reads(
    tenant: client.Client, domain: str, instance: client.Body
) -> None:
    answer = tenant.get(f"{domain}/zone")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    name = instance["domain"]
    head = f"$ORIGIN {name}.\n@ 3600 IN SOA ns. h. 1 2 3 4 5\n@ 3600 IN NS ns.test.\n"
    zone = dns.zone.from_text(head + answer.text, f"{name}.", relativize=False)
    shown = tenant.get(domain).json()
    assert zone.find_rdataset(f"{shown['proof_name']}.", "TXT")
    texts = [data.to_text() for data in zone.find_rdataset(f"{name}.", "TXT")]
    assert any(one.startswith('"v=spf1 a:') for one in texts)
    # nothing that would bring mail here, nor an address of the domain itself
    assert zone.get_rdataset(f"{name}.", "MX") is None
    assert zone.get_rdataset(f"{name}.", "A") is None
    assert tenant.get(f"{domain}/zone/").text == answer.text
    assert tenant.call("POST", f"{domain}/zone", json={}).status_code == 405
    assert tenant.get(f"{domain}/zone/more").status_code == 404
    tenant.put(domain, {"receives": True})
    assert f"\n{name}. 3600 IN MX 10 " in tenant.get(f"{domain}/zone").text


def test_another_project_sees_neither(
    tenant: client.Client, stranger: client.Client, domain: str, records: int
) -> None:
    assert stranger.get(f"{domain}/dns_records/").status_code == 404
    assert stranger.get(f"{domain}/zone").status_code == 404


@pytest.mark.parametrize("path", ["/zone", "/dns_records/"])
def test_an_absent_domain_is_called_so(
    tenant: client.Client, instance: client.Body, path: str
) -> None:
    absent = "4d657461-0000-0000-0000-00000000dead"
    answer = tenant.get(f"/instances/{instance['uuid']}/domains/{absent}{path}")
    assert answer.status_code == 404
    assert "no such domain" in answer.text


def test_mailboxes_are_advised_and_looked_for_at_once(
    tenant: client.Client,
    domain: str,
    instance: client.Body,
    db: conftest.Connection,
) -> None:
    name = f"\n_imaps._tcp.{instance['domain']}. "
    tenant.put(domain, {"receives": True})
    assert name not in tenant.get(f"{domain}/zone").text
    db.execute("UPDATE mail_dns_checks SET due_at = 'infinity'")
    tenant.put(f"/instances/{instance['uuid']}", {"mailboxes": True})
    assert name in tenant.get(f"{domain}/zone").text
    due = "SELECT domain FROM mail_dns_checks WHERE due_at < 'infinity'"
    assert len(db.execute(due).fetchall()) == 1
