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
