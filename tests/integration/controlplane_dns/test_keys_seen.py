# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The checker tells the life of DKIM keys which of them all servers show."""

import pathlib
import typing as tp

from oslo_config import cfg

from exordos_mail.controlplane.dkim import life, shown
from exordos_mail.controlplane.dns import checker
from tests import lab
from tests.integration.controlplane import conftest
from tests.integration.controlplane_dns import test_checker
from tests.integration.support import waiting

net, running = test_checker.net, test_checker.running


def seen(db: conftest.Connection, domain: tp.Any) -> int:
    rows = db.execute(
        "SELECT seen_since FROM mail_dkim_keys WHERE domain = %s", (domain.uuid,)
    )
    return sum(1 for row in rows if row["seen_since"] is not None)


def test_a_key_is_seen_when_all_servers_show_it_and_not_before(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
    tmp_path: pathlib.Path,
) -> None:
    path = str(tmp_path / "keys.json")
    cfg.CONF.set_override("secrets_key_file", path, group="mail")
    domain = test_checker.new_domain(version, "example.com")
    while life.advance(domain.uuid):
        pass
    records = shown.records(db, domain.uuid)
    assert {one.state for one in records} == {"published"}
    test_checker.read(domain.uuid).check()
    running.ring()
    test_checker.until_states(db, domain, dkim="missing")
    assert seen(db, domain) == 0
    for one in records:
        net.set(one.name, "TXT", [one.value])
    test_checker.read(domain.uuid).check()
    running.ring()
    waiting.until(lambda: seen(db, domain) == len(records), "all seen", 15)
    # one of two servers loses a record again
    net.set(records[0].name, "TXT", [])
    test_checker.read(domain.uuid).check()
    running.ring()
    waiting.until(lambda: seen(db, domain) == len(records) - 1, "not seen", 15)
