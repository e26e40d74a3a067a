# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m exordos_mail.send.messages.reader`: reads large messages."""

import sys

from exordos_mail.send.messages import intake
from exordos_mail.send.offload import worker

#: What starts it.
COMMAND = [sys.executable, "-m", "exordos_mail.send.messages.reader"]

if __name__ == "__main__":
    worker.serve(intake.WORKS)
