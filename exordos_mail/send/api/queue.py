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

"""The queue as its operator works on it."""

import msgspec

from exordos_mail.send.api.route import Answer, Call


class WokenOut(msgspec.Struct):
    """The dispatcher looks at every lane now."""

    woken: bool


async def run_now(call: Call) -> Answer:
    """Look at every lane now instead of within a second."""
    call.service.dispatcher.wake_all()
    return Answer(202, WokenOut(True))
