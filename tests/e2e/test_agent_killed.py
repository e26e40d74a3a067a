# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The agent is killed at any moment of an apply; it converges by itself."""

from tests.e2e import harness as harness_module
from tests.e2e import watcher
from tests.functional import api as api_module
from tests.functional import resources, waiting

AGENT = "exordos-metapaas-mail-agent.service"
#: Longest time that a client may be without a login while exim is not restarted.
SERVED = 3.0  # seconds


def test_agent_killed_during_applies_converges_while_exim_serves(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
) -> None:
    exim = node.unit_property("exim4.service", "MainPID")
    made = []
    with watcher.Watcher(steady) as watch:
        for _ in range(12):
            made.append(accounts.create())
            node.run("systemctl", "kill", "--signal=SIGKILL", AGENT, check=False)
            # some kills hit an agent that has just begun, some one at work
            api.get(instance.path)
        locked_out = made.pop()
        api.update(locked_out.path, {"active": False})
        node.run("systemctl", "kill", "--signal=SIGKILL", AGENT, check=False)
        for account in made:
            account.wait_code(235)
        locked_out.wait_code(535)
        api.wait_active(instance.uuid)
    assert watch.good > 0
    assert watch.refusals == []
    assert watch.worst_gap < SERVED
    assert node.unit_property("exim4.service", "MainPID") == exim


def test_agent_killed_while_a_new_configuration_is_rehearsed(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
) -> None:
    """The configuration is spoilt, so each new agent rehearses and writes it."""
    good = node.facts("/etc/exim4/exim4.conf")
    with watcher.Watcher(steady) as watch:
        for _ in range(8):
            waiting.until(
                "systemd has started the agent again",
                lambda: node.unit_property(AGENT, "MainPID"),
                good=lambda pid: pid != "0",
            )
            node.shell("echo '# by hand' >> /etc/exim4/exim4.conf")
            # the agent is killed somewhere between noticing and reloading
            node.shell(
                "for i in $(seq 400); do"
                ' [ -n "$(ls /run/exordos_mail 2>/dev/null)" ] && break;'
                " grep -q 'by hand' /etc/exim4/exim4.conf || break;"
                " done;"
                f" systemctl kill --kill-whom=main --signal=SIGKILL {AGENT}"
            )
        api.wait_active(instance.uuid)
    assert watch.worst_gap < SERVED
    assert watch.refusals == []
    waiting.until(
        "the configuration is whole again",
        lambda: node.facts("/etc/exim4/exim4.conf"),
        good=lambda facts: facts == good,
    )
    waiting.until(
        "no trial run is left",
        lambda: (
            node.run(
                "sh",
                "-c",
                "ls -A /run/exordos_mail; pgrep -fa '[e]xim4 -C /run/exordos'",
                check=False,
            ).stdout
        ),
        good=lambda left: left == "",
    )


def test_agent_stopped_for_long_catches_up(
    accounts: resources.Accounts, node: harness_module.Node
) -> None:
    before = accounts.working()
    node.run("systemctl", "stop", AGENT)
    try:
        after = accounts.create()
        assert before.code() == 235
        assert after.code() == 535
    finally:
        node.run("systemctl", "start", AGENT)
    after.wait_code(235)
