# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Work that would keep the event loop from everybody else, and where it is done.

* little: at once, in the loop;
* more: in a thread, which gives the interpreter back every few milliseconds;
* much: in a process of our own, because a single call into C, such as the decoding of
  30 MB, holds the interpreter for seconds.
"""
