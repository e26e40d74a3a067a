# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Run `attacks` in a copy of a node's root file system."""

import sys

from bench import inside

if __name__ == "__main__":
    sys.exit(inside.run("bench.node.attacks"))
