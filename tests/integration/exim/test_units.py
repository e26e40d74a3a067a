# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The units of a node, as systemd judges them in its root file system."""

import json
import subprocess

import pytest

_UNITS = (
    "exim4",
    "exordos-mail-send",
    "exordos-mail-web",
    "exordos-mail-resolver",
    "exordos-mail-mta-sts",
    "exordos-mail-dovecot",
    "exordos-metapaas-mail-agent",
    "exordos-metapaas-mail-configure",
)
_EXPOSURE_MAX = 40  # tenths; systemd calls up to 4.9 OK


@pytest.mark.parametrize("unit", _UNITS)
def test_unit_is_sandboxed(unit):
    judged = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=yes", "--json=short"),
            *(f"--threshold={_EXPOSURE_MAX}", f"/etc/systemd/system/{unit}.service"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(judged.stdout), judged.stderr
    assert judged.returncode == 0, judged.stderr


def test_unit_files_are_understood():
    checked = subprocess.run(
        [
            *("systemd-analyze", "verify", "--recursive-errors=no", "--man=no"),
            *(f"/etc/systemd/system/{unit}.service" for unit in _UNITS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [
        line for line in checked.stderr.splitlines() if "/etc/systemd/system" in line
    ]
    assert ours == []
