# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node that is rebooted, cut off or rebuilt serves again and converges."""

import os

import pytest

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources, smtp, waiting

BOOT_TIMEOUT = 120.0  # seconds


def serves(account: resources.Account) -> None:
    """Wait until the account can log in on both submission ports."""
    for port in (smtp.SUBMISSION, smtp.SUBMISSIONS):
        waiting.until(
            f"port {port} serves after the boot",
            lambda port=port: account.code(port=port),  # type: ignore[misc]
            timeout=BOOT_TIMEOUT,
            good=lambda code: code == 235,
        )


def test_node_reboots_by_itself(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
) -> None:
    boot = node.shell("stat -c %Y /proc/1")
    node.run("systemctl", "--no-block", "reboot", check=False)
    waiting.until(
        "the node has booted anew",
        lambda: node.run("stat", "-c", "%Y", "/proc/1", check=False).stdout,
        timeout=BOOT_TIMEOUT,
        good=lambda now: bool(now) and now != boot,
    )
    serves(steady)
    accounts.working()
    api.wait_active(instance.uuid)


@pytest.mark.parametrize("switch", ["off", "cut"])
def test_change_made_while_the_node_is_off_is_applied_after_the_boot(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
    switch: str,
) -> None:
    """`cut` is a power failure: nothing is written in order."""
    leaving = accounts.working()
    node.power(switch)
    waiting.until("the node is silent", lambda: not smtp.answers(instance.host, 587))
    coming = accounts.create()
    api.delete(leaving.path)
    node.power("on")
    serves(steady)
    coming.wait_code(235)
    leaving.wait_code(535)
    api.wait_active(instance.uuid)


def test_rebuilt_node_has_the_same_keys_and_accounts(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
) -> None:
    shown = api.get(instance.path)
    key = f"/etc/exim4/dkim/{instance.domain}/{shown['dkim_selector']}.key"
    facts = node.facts(key)
    assert facts
    node.power("reimage")
    serves(steady)
    assert node.facts(key) == facts
    active = api.wait_active(instance.uuid)
    assert active["dkim_keys"] == shown["dkim_keys"]


def _is_taken(sender: resources.Account, recipient: str) -> bool:
    """Submit a message; a new node starts exim anew when its resolver is proved."""
    try:
        with sender.session() as session:
            assert smtp.envelope(session, sender.login, recipient)[0] == 250
            lines = [f"From: {sender.login}", "Subject: later", "", "text"]
            return smtp.data(session, lines)[0] == 250
    except OSError:
        return False


def test_queued_message_survives_a_power_cut(
    harness: harness_module.Harness,
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
) -> None:
    """`later@` is greylisted for ever by the remote host."""
    recipient = f"later@{os.environ['EXORDOS_STAND_MX2_DOMAIN']}"
    waiting.until("the message is taken", lambda: _is_taken(steady, recipient))
    waiting.until(
        "the message is queued after a first try",
        lambda: node.shell("exim4 -bpr; grep -c '== later@' /var/log/exim4/mainlog"),
        good=lambda text: "later@" in text and int(text.split()[-1]) >= 1,
    )
    node.power("cut")
    node.power("on")
    serves(steady)
    assert "later@" in node.shell("exim4 -bpr")
    node.shell("exim4 -bpr | awk 'NF > 3 {print $3}' | xargs -r exim4 -Mrm")
