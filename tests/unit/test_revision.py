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

"""The revision of a payload is the same on both sides and for any order."""

from exordos_mail.standards import revision


def test_known_value():
    bulk = {"accounts": {}, "dkim_keys": {}, "rate_limit": "1 / 1h"}
    assert revision.compute("example.com", bulk) == (
        "d6f2cefeab783c73f63ab3f0fe5642700ac695e94cd052ac81134d97c8f6c7c6"
    )


def test_order_does_not_matter():
    assert revision.compute("a.b", {"x": {"p": 1, "q": 2}, "y": 0}) == revision.compute(
        "a.b", {"y": 0, "x": {"q": 2, "p": 1}}
    )


def test_every_part_matters():
    values = {
        revision.compute("a.b", {"x": 1}),
        revision.compute("a.c", {"x": 1}),
        revision.compute("a.b", {"x": 2}),
        revision.compute("a.b", {"x": "1"}),
    }
    assert len(values) == 4
