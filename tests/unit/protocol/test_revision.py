# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The revision changes with everything that is configured, and with nothing else."""

from exordos_mail.protocol import revision

_DIGEST = "a" * 64


def test_known_values():
    settings = revision.settings_digest({"dkim_keys": {}, "rate_limit": "1 / 1h"})
    assert settings == (
        "28e5398f78d595d5e2ad19ff18773b1723f0ca812238192d7cf820cb112ae854"
    )
    assert revision.compute("example.com", settings, {3: _DIGEST}) == (
        "7548a132f1a2a63f12d07181f3beb42d57cc949ed76190f05b3b2c88d5dd9e32"
    )


def test_order_does_not_matter():
    assert revision.settings_digest({"x": {"p": 1, "q": 2}, "y": 0}) == (
        revision.settings_digest({"y": 0, "x": {"q": 2, "p": 1}})
    )
    assert revision.compute("a.b", "", {1: "p", 2: "q"}) == (
        revision.compute("a.b", "", {2: "q", 1: "p"})
    )


def test_an_empty_shard_is_no_shard():
    assert revision.compute("a.b", "", {1: ""}) == revision.compute("a.b", "", {})


def test_no_tenants_are_the_revision_of_software_that_knows_none():
    assert revision.compute("a.b", "", {}, {}) == revision.compute("a.b", "", {})


def test_known_value_with_tenants():
    assert revision.compute("example.com", "", {}, {"u": "t", "v": "w"}) == (
        "d4f548f819943b6f0db367ac686b7422a961bc9be0294366d508b10b4931803c"
    )
    assert revision.compute("a.b", "", {}, {"u": "t", "v": "w"}) == (
        revision.compute("a.b", "", {}, {"v": "w", "u": "t"})
    )


def test_every_part_matters():
    values = {
        revision.compute("a.b", "s", {1: _DIGEST}),
        revision.compute("a.c", "s", {1: _DIGEST}),
        revision.compute("a.b", "t", {1: _DIGEST}),
        revision.compute("a.b", "s", {2: _DIGEST}),
        revision.compute("a.b", "s", {1: _DIGEST, 2: _DIGEST}),
        revision.compute("a.b", "s", {}),
        revision.compute("a.b", "s", {}, {"u": "t"}),
        revision.compute("a.b", "s", {}, {"u": "w"}),
        revision.compute("a.b", "s", {}, {"v": "t"}),
    }
    assert len(values) == 9
