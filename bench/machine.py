# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What figures depend on: the machine, and the code that was measured."""

import os
import pathlib
import platform
import subprocess
import typing as tp


def facts() -> dict[str, tp.Any]:
    """Return what is known of the machine and its load."""
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "kernel": platform.release(),
        "load": os.getloadavg(),
    }


def tree(path: str) -> dict[str, str]:
    """Return the commit of a work tree, and whether it is as committed."""

    def git(*words: str) -> str:
        command = ["git", "-C", path, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = "with changes" if git("status", "--porcelain") else "as committed"
    return {"commit": git("rev-parse", "--short", "HEAD"), "tree": changed}
