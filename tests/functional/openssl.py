# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The hash that the README tells a client to make."""

import subprocess


def sha512_crypt(password: str) -> str:
    """Return what `openssl passwd -6` prints."""
    return subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"],
        input=password,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
