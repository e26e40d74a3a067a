# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""After everything else: no log tells a secret, and none shows a fault of ours.

This module runs last (see conftest.py).
"""

import re

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import log_blocks
from tests.functional import resources

SECRETS = re.compile(
    rf"{resources.PASSWORD_PREFIX}[\w-]+"
    r"|\$(?:1|5|6|7|y|gy|2[aby]|sha1)\$[\w./,=$-]{16,}"
    r"|PRIVATE KEY"
)


@pytest.fixture(scope="module")
def logs(harness: harness_module.Harness) -> dict[str, str]:
    """Return the control plane's logs and the nodes' journals."""
    return {
        name: text
        for name, text in harness.logs().items()
        if name.startswith(("metapaas-", "node-", "postgres"))
    }


def found(pattern: re.Pattern[str], logs: dict[str, str]) -> dict[str, list[str]]:
    """Return up to three lines a log in which the pattern stands."""
    hits = {
        name: [line[:300] for line in text.splitlines() if pattern.search(line)]
        for name, text in logs.items()
    }
    return {name: lines[:3] for name, lines in hits.items() if lines}


def test_logs_are_there(logs: dict[str, str]) -> None:
    for name in ("metapaas-user-api", "metapaas-gservice", "metapaas-orch-api"):
        assert logs[name]
    assert any(name.endswith(".journal") and logs[name] for name in logs)


def test_no_log_holds_a_password_a_hash_or_a_key(logs: dict[str, str]) -> None:
    assert found(SECRETS, logs) == {}


def without_cores_agent(text: str) -> str:
    """Return a journal without Core's own agent, which the base image brings.

    It complains with a traceback when the journal goes down before it does.
    """
    return "\n".join(
        line for line in text.splitlines() if " exordos-universal-agent[" not in line
    )


def is_the_platforms_own(block: str) -> bool:
    """Tell the one fault that MetaPaaS has without any plugin.

    At its start it describes its API before there is a request; its own
    controller of /v1/types/ then fails, which it notes as a warning.
    """
    return "Could not prepare the OpenAPI" in block and "exordos_mail" not in block


def test_no_log_holds_a_traceback(logs: dict[str, str]) -> None:
    ours = {
        name: [
            block
            for block in log_blocks.tracebacks(without_cores_agent(text))
            if not is_the_platforms_own(block)
        ]
        for name, text in logs.items()
    }
    assert {name: blocks for name, blocks in ours.items() if blocks} == {}
