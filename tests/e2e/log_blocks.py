# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Parts of a log that belong together."""


def tracebacks(text: str) -> list[str]:
    """Return every traceback of a log with the line that announces it."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if "Traceback (most recent" in line]
    found = []
    for start in starts:
        end = start + 1
        # The block ends with the exception, the first line that is not indented.
        while end < len(lines) and lines[end].startswith(" "):
            end += 1
        found.append("\n".join(lines[max(0, start - 1) : end + 1]))
    return found
