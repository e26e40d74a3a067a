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

"""The moment as the database writes it."""

import datetime
import time


def now() -> int:
    """Return the wall clock's moment in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def text(moment: int) -> str:
    """Return a moment as RFC 3339 writes it, in UTC with milliseconds."""
    found = datetime.datetime.fromtimestamp(moment / 1000, datetime.timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
