#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
