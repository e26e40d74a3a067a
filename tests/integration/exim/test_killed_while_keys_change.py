# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An agent that is killed while it takes new DKIM keys over: all mail leaves signed.

By both keys of before or by both of after, whichever write was the last one; the
control plane keeps the records of both in the DNS (docs/adr/0029).
"""

import typing as tp

from exordos_mail.protocol import documents
from exordos_mail.standards import dkim
from tests.integration.exim import fixtures, killing, payloads, waiting
from tests.integration.exim.test_dkim_signatures import verdicts

_MESSAGE = (
    "From: alice@example.com\r\nTo: bob@elsewhere.test\r\nSubject: x\r\n\r\nhi\r\n"
)
Keys = dict[str, dict[str, str]]


def _keys(mark: str) -> Keys:
    return {
        f"x{mark}{letter}": {
            "algorithm": algorithm,
            "private_key": dkim.generate_private_key(algorithm),
        }
        for letter, algorithm in (("r", dkim.RSA_SHA256), ("e", dkim.ED25519_SHA256))
    }


_SETS = _keys("20260101-a"), _keys("20260102-a")
_ALL = {**_SETS[0], **_SETS[1]}


def _payload(keys: Keys, generation: int) -> dict[str, tp.Any]:
    domains = {payloads.DOMAIN: {"primary": True, "enabled": True}}
    more = {
        "domains": documents.spread(domains),
        "dkim_keys": {"0000-0": documents.text({payloads.DOMAIN: keys})},
    }
    return payloads.payload(more=more, dkim_keys={}, generation=generation)


def _txt(name: bytes, timeout: int = 5) -> bytes:
    selector = name.decode().partition("._domainkey.")[0]
    return dkim.public_record(_ALL[selector]["private_key"]).encode()


def _signers(content: bytes) -> set[str]:
    return {one for one in _ALL if f"s={one};".encode() in content}


def _is_sent() -> bool:
    """Submit a message; exim refuses connections for some ms when it reloads."""
    try:
        return fixtures.submit(_MESSAGE)[0] == 250
    except OSError:
        return False


def test_mail_is_signed_by_a_whole_set_of_keys_whoever_is_killed_where(
    machine: fixtures.Machine,
    internet: fixtures.Internet,
    killed_child: killing.Killing,
) -> None:
    old, new = (_payload(keys, number) for number, keys in enumerate(_SETS, start=1))
    count, killed, seen = 0, True, []
    while killed:
        machine.fresh_node()
        machine.apply(old)
        daemon = machine.daemon()
        count += 1
        killed = killed_child.before(count, "converge", new)
        for settle in (False, True):
            if settle:
                machine.fresh_node()
                machine.apply(new)
            waiting.until(_is_sent, "mail is taken", seconds=1)
            content = internet.next_message()[1]
            signers = _signers(content)
            assert signers in map(set, _SETS), f"after change {count}"
            assert verdicts(content, _txt) == [True, True], f"after change {count}"
            seen.append(signers)
        assert signers == set(_SETS[1])
        assert machine.daemon() == daemon, "keys are taken over without a restart"
    assert count > 5
    assert set(_SETS[0]) in seen
