# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of what is simulated, paused or suppressed by its domain."""

from tests.mutations.mutation import Mutation

SEND = "exordos_mail/send"

SIMULATED = (
    Mutation(
        "test-message-is-sent",
        f"{SEND}/delivery/simulation.py",
        "not (one.is_test or simulator.is_address(address))",
        "not simulator.is_address(address)",
        "a message of a test key reaches its recipients",
        ("send/test_simulation.py",),
    ),
    Mutation(
        "simulator-of-names-that-end-alike",
        f"{SEND}/content/simulator.py",
        '_AT = f"@{HOST}"',
        "_AT = HOST",
        "mail to another host whose name ends like the simulator's is never sent",
        ("send/test_simulation.py",),
    ),
    Mutation(
        "attempt-takes-a-simulated-one",
        f"{SEND}/delivery/attempt.py",
        "if simulation.split(job).simulated.recipients:",
        "if False:",
        "nothing behind the lane keeps a simulated recipient from a server",
        ("send/test_simulation.py",),
    ),
    Mutation(
        "simulated-after-the-claim-is-lost",
        f"{SEND}/delivery/simulation.py",
        "if not worker.may_send():",
        "if False:",
        "two workers give one message a result",
        ("send/test_simulation.py",),
    ),
    Mutation(
        "claim-in-a-pause",
        f"{SEND}/queue/claim.py",
        "if sender is None or pause.since(tx) is not None:",
        "if sender is None:",
        "a lane that is looked at sends while the service is paused",
        ("send/test_claim.py",),
    ),
)
