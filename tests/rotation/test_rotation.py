# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys and certificates change under a continuous sender; no message suffers.

EXORDOS_MAIL_ROTATIONS, EXORDOS_MAIL_RENEWALS and EXORDOS_MAIL_MESSAGES say how many.
All is real: the platform and its services, the name server that they publish in, the
node, the authority of certificates, two mail hosts. In two of three rotations the
control plane or the node's agent is killed.
"""

import collections.abc as abc
import os
import pathlib
import time

import pytest

from tests.e2e import harness as harness_module
from tests.rotation import judges, jury, kills
from tests.rotation import sender as sender_lib
from tests.rotation import tenant as tenant_lib
from tests.stand import settings

ROTATIONS, RENEWALS, MESSAGES = (
    int(os.environ.get(f"EXORDOS_MAIL_{name}", default))
    for name, default in (("ROTATIONS", "2"), ("RENEWALS", "1"), ("MESSAGES", "60"))
)
#: Longer than a record has to stay (docs/adr/0029), and how much of it is left then.
WEEK, REST = "7 days", "2 hours 1 minute"


@pytest.fixture
def stand() -> abc.Iterator[harness_module.Harness]:
    """Stand where a client of the stand that EXORDOS_STAND names stands."""
    found = harness_module.Harness(os.environ["EXORDOS_STAND"])
    found.enter()
    yield found
    found.leave()


@pytest.fixture
def tenant(stand: harness_module.Harness) -> abc.Iterator[tenant_lib.Tenant]:
    found = tenant_lib.Tenant(stand)
    try:
        found.begin()
        yield found
    finally:
        found.end()


@pytest.fixture
def bench(
    stand: harness_module.Harness, tmp_path: pathlib.Path
) -> abc.Iterator[judges.Bench]:
    root = stand.ctl("dkim", timeout=900).stdout.splitlines()[-1]
    found = judges.Bench(pathlib.Path(root), tmp_path, settings.RESOLVER_IP)
    yield found
    found.close()


def rotate(
    tenant: tenant_lib.Tenant,
    killer: kills.Kills,
    sender: sender_lib.Sender,
    judged: jury.Jury,
) -> None:
    """Have other keys sign, and the former ones retired when their time has come."""
    before = tenant.signing()
    tenant.invoke("rotate_dkim")
    killer.one(before)
    tenant.until("other keys sign", lambda: tenant.rotated(before))
    former = {one["selector"] for one in tenant.retiring()}
    assert former >= before
    tenant.node_has_left()
    # A week is longer than mail is on its way; ours is short.
    on_its_way = sender.sent + 2
    tenant.until("it has arrived", lambda: judged.has(on_its_way))
    tenant.sleep(WEEK)
    tenant.until("the keys are looked at", lambda: bool(tenant.retiring()))
    for keys, path in list(judged.kept.items()):
        if keys <= former:
            judged.again(path, f"a week after {sorted(keys)} has signed")
    tenant.sleep(REST)
    tenant.until("the former keys are retired", lambda: not tenant.retiring())
    tenant.until("their records are gone", lambda: not any(map(tenant.record, former)))


def renew(tenant: tenant_lib.Tenant, sender: sender_lib.Sender) -> None:
    """Have another certificate with another key, and a client that has seen it."""
    before = tenant.shown()
    tenant.renewal_is_due()
    tenant.until(
        "another certificate", lambda: tenant.shown()["sha256"] != before["sha256"]
    )
    now = tenant.shown()
    # Its key is the one that was announced, so DANE holds all the time (RFC 7671).
    assert now["tlsa"] == before["tlsa_next"] != before["tlsa"]
    tenant.until("the sender is shown it", lambda: now["sha256"] in sender.certificates)


def node_log(
    stand: harness_module.Harness, tenant: tenant_lib.Tenant
) -> dict[str, int]:
    """Return how many deliveries were put off, have failed, or are under way."""
    script = (
        "cat /var/log/exim4/mainlog* > /tmp/log; for sign in == '\\*\\*'; do"
        ' grep -c " $sign " /tmp/log || true; done; exim4 -bpc'
    )
    counts = harness_module.Node(stand, tenant.uuid).shell(script).split()
    return dict(zip(("deferred", "failed", "queued"), map(int, counts), strict=True))


def test_no_message_suffers_from_rotations_and_renewals(
    stand: harness_module.Harness,
    tenant: tenant_lib.Tenant,
    bench: judges.Bench,
    capsys: pytest.CaptureFixture[str],
) -> None:
    killer = kills.Kills(tenant)
    began = time.monotonic()
    selectors = set(tenant.signing())
    judged = jury.Jury(bench, tenant_lib.boxes(stand), tenant_lib.DOMAIN)
    sender = sender_lib.Sender(
        tenant.login(), tenant_lib.recipients(), lambda: judged.count
    )
    with judged:
        with sender:
            tenant.until("the first messages", lambda: judged.count > 5)
            for number in range(1, ROTATIONS + 1):
                rotate(tenant, killer, sender, judged)
                now = tenant.signing()
                assert not now & selectors, "a selector is used again"
                selectors |= now
                # Spread over the run.
                if (
                    number * RENEWALS // ROTATIONS
                    > (number - 1) * RENEWALS // ROTATIONS
                ):
                    renew(tenant, sender)
                assert judged.wrong == []
                assert sender.faults == []
            tenant.until("enough messages", lambda: sender.sent >= MESSAGES, 3600)
        tenant.until("all is judged", lambda: judged.count >= sender.sent)
    left = node_log(stand, tenant)
    with capsys.disabled():
        print(
            f"\n{ROTATIONS} rotations, {RENEWALS} renewals in"
            f" {time.monotonic() - began:.0f} s: {sender.sent} messages sent,"
            f" {judged.count} judged by dkimpy, mailauth and rspamd,"
            f" {len(judged.wrong)} unverifiable, {len(sender.faults)} refused,"
            f" {left['deferred']} deferred, {left['failed']} failed;"
            f" {len(judged.kept)} sets of keys, {len(sender.certificates)}"
            f" certificates; longest wait for 250: {sender.longest:.1f} s\n"
            f"killed: {kills.tell(killer) or 'nobody'}"
        )
    assert judged.wrong == []
    assert sender.faults == []
    assert judged.count == len(judged.numbers) == sender.sent
    assert left == {"deferred": 0, "failed": 0, "queued": 0}
    assert len(judged.kept) >= ROTATIONS + 1
    assert len(sender.certificates) == RENEWALS + 1
