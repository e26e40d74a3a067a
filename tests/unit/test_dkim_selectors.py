# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The selectors of an instance: its own, and always the same."""

import re
import uuid as sys_uuid

from exordos_mail.controlplane.paas.services import dkim_keys
from exordos_mail.standards import dkim


def test_selectors_are_of_the_instance_and_the_algorithm() -> None:
    # Identifiers that a client may choose, next to each other.
    instances = [sys_uuid.UUID(int=n) for n in range(100)]
    found = [
        dkim_keys.selector(one, kind) for one in instances for kind in dkim.ALGORITHMS
    ]
    assert len(set(found)) == 200
    assert found[0] == dkim_keys.selector(sys_uuid.UUID(int=0), dkim.ALGORITHMS[0])


def test_a_selector_is_one_label_of_a_name() -> None:
    # RFC 1035 section 2.3.1
    for kind in dkim.ALGORITHMS:
        made = dkim_keys.selector(sys_uuid.UUID(int=1), kind)
        assert re.fullmatch("[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", made)
