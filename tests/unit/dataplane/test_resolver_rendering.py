# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What unbound of a node is told, and what no payload can tell it."""

import pytest

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.resolver import paths, render
from tests.unit.node_values import candidate_of, target_value

_ANCHOR = ". DS 20326 8 2 " + "E06D44B8" * 8


def _conf(**of: tuple[str, ...]) -> str:
    resolver = spec_lib.ResolverSettings(**of)
    made = render.configuration(resolver, paths.ResolverPaths())
    return made.content.decode()


def test_internet_is_asked_from_its_root_on():
    text = _conf()
    assert "forward-zone" not in text and "trust-anchor: " not in text
    assert 'auto-trust-anchor-file: "/var/lib/unbound/exordos-mail-root.key"' in text


def test_forwarders_and_anchors_of_the_operator():
    text = _conf(forwarders=("192.0.2.1", "2001:db8::1"), anchors=(_ANCHOR,))
    assert "    forward-addr: 192.0.2.1\n    forward-addr: 2001:db8::1\n" in text
    assert f'    trust-anchor: "{_ANCHOR}"\n' in text
    assert "auto-trust-anchor-file" not in text


def test_nobody_else_is_answered():
    lines = [one.strip() for one in _conf().splitlines()]
    assert [one for one in lines if one.startswith("interface:")] == [
        "interface: 127.0.0.1"
    ]
    assert [one for one in lines if one.startswith("access-control:")] == [
        "access-control: 127.0.0.0/8 allow"
    ]
    assert 'module-config: "validator iterator"' in lines
    assert "val-permissive-mode: no" in lines


def test_each_configuration_says_which_it_is():
    made = [
        render.configuration(spec_lib.ResolverSettings(one), paths.ResolverPaths())
        for one in ((), ("192.0.2.1",))
    ]
    first, second = map(render.revision, made)
    assert len(first) == len(second) == 32 and first != second


def test_settings_of_a_payload():
    told = {"forwarders": ["192.0.2.1"], "anchors": [_ANCHOR]}
    spec = candidate_of(target_value(resolver=told)).payload.spec
    assert spec.resolver == spec_lib.ResolverSettings(("192.0.2.1",), (_ANCHOR,))
    assert candidate_of(target_value()).payload.spec.resolver is None


@pytest.mark.parametrize(
    "told",
    [
        "192.0.2.1",
        {"forwarders": []},
        {"forwarders": [], "anchors": [], "more": 1},
        {"forwarders": "192.0.2.1", "anchors": []},
        {"forwarders": ["192.0.2.1\n    chroot: /"], "anchors": []},
        {"forwarders": ["fe80::1%x\n    do-ip6: no"], "anchors": []},
        {"forwarders": ["192.0.2.1@53"], "anchors": []},
        {"forwarders": [1], "anchors": []},
        {"forwarders": [], "anchors": [_ANCHOR + '"\nchroot: "']},
    ],
)
def test_bad_settings_of_a_payload(told):
    with pytest.raises(spec_lib.SpecError, match="resolver"):
        candidate_of(target_value(resolver=told))
