# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How much a soak does: a little inside of `make test`, as much as asked for otherwise.

EXORDOS_MAIL_EXAMPLES (`make test-long`) is how many examples a test without I/O has;
one through the service has a part of them. Without it they are few and always the
same, and are not made smaller when one fails: a broken build ends soon.
"""

import os

import hypothesis

_VARIABLE = "EXORDOS_MAIL_EXAMPLES"
#: Examples without I/O that take as long as one through the service.
_PRICE = 25


def settings(examples: int) -> hypothesis.settings:
    """Return the settings of a test.

    Args:
        examples: how many there are inside of `make test`.
    """
    wanted = int(os.environ.get(_VARIABLE, "0"))
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    return hypothesis.settings(
        max_examples=max(examples, wanted // _PRICE),
        derandomize=not wanted,
        phases=[*phases, hypothesis.Phase.shrink] if wanted else phases,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
