# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What holds for all tests."""

import contextlib
import faulthandler

# The tests of a cloud bring their own, smaller environment.
with contextlib.suppress(ImportError):
    import hypothesis

    # A busy machine makes its examples slowly, and that is no fault.
    hypothesis.settings.register_profile(
        "anywhere",
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("anywhere")


#: Seconds that a process of tests has to end after its last test.
_ENDS_WITHIN = 60


def pytest_unconfigure() -> None:
    """Have a process that a forgotten thread keeps alive say which, and end."""
    faulthandler.dump_traceback_later(_ENDS_WITHIN, exit=True)
