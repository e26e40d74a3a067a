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

"""Failures that several messages share."""

from exordos_mail.send.attachments.failures import TemporaryFailure


def test_a_position_is_each_ones_own() -> None:
    shared = TemporaryFailure("files.example answered 503", retry_after=30)
    first, second = shared.at(0), shared.at(1)
    assert (first.position, second.position, shared.position) == (0, 1, None)
    assert (second.reason, second.retry_after) == (shared.reason, 30)
    assert str(second) == "files.example answered 503"
