# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the agent does about outcomes, as a process that can be killed.

    outcome_reader.py DIRECTORY

The journal is in the directory; outcomes of accounts are told to nobody.
"""

import pathlib
import sys
import threading

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import logins, observer
from exordos_mail.dataplane.services.outcomes import journal, pump, telling


def main() -> None:
    """Read until the end of the process."""
    layout = layout_lib.Layout()
    listeners = {
        journal.SEND: telling.send_service(layout.disk(layout.send_socket)),
        journal.ACCOUNTS: telling.nobody,
    }
    log_dir, nobody = layout.disk(layout.log_dir), observer.FactTeller(None)
    pump.Pump(log_dir, pathlib.Path(sys.argv[1]), listeners, logins.Teller(nobody))
    threading.Event().wait()


if __name__ == "__main__":
    main()
