# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Trust anchors in the forms in which operators have them."""

import pytest

from exordos_mail.standards import trust_anchor

_DIGEST = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
_ROOT = f". DS 20326 8 2 {_DIGEST}"
_KEY = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        (_ROOT, _ROOT),
        (f".  172800 IN ds 20326 8 2 {_DIGEST.lower()}", _ROOT),
        (f". IN DS 20326 8 2 {_DIGEST[:56]} {_DIGEST[56:]}", _ROOT),
        (f"Corp.Example DNSKEY 257 3 8 {_KEY}", f"corp.example. DNSKEY 257 3 8 {_KEY}"),
        (f". 0 DNSKEY 257 3 13 {_KEY}==", f". DNSKEY 257 3 13 {_KEY}=="),
    ],
)
def test_usual_form(written, usual):
    assert trust_anchor.canonical(written) == usual
    assert trust_anchor.is_canonical(usual)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "DS 20326 8 2 " + _DIGEST,
        ". DS 20326 8 2 xyz",
        ". DNSKEY 257 4 8 " + _KEY,
        ". A 192.0.2.1",
        f'. DS 20326 8 2 {_DIGEST}" \nserver: chroot: "',
        f"a..b DS 20326 8 2 {_DIGEST}",
        f'"x". DS 20326 8 2 {_DIGEST}',
    ],
)
def test_what_is_no_anchor_is_told_what_would_be(text):
    with pytest.raises(trust_anchor.TrustAnchorError, match="is a line like"):
        trust_anchor.canonical(text)


@pytest.mark.parametrize("value", [None, 1, _ROOT.lower(), _ROOT + "\n", " " + _ROOT])
def test_node_takes_the_usual_form_only(value):
    assert not trust_anchor.is_canonical(value)
