# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A process that works for us, as seen from the service."""

import asyncio
import contextlib
import subprocess

from exordos_mail.send.offload import frame


class Broken(Exception):
    """The process has ended, or was ended because it took too long."""


class Failed(Exception):
    """The work has failed there; the text says where, without content."""


class WorkProcess:
    """One process; it does one work after the other."""

    def __init__(self, command: list[str]) -> None:
        """Prepare it.

        Args:
            command: reads orders from its input until that ends (worker.py).
        """
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run it, if it does not run.

        Raises:
            OSError: the system has no room for it.
        """
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )

    async def run(self, number: int, data: bytes, order: frame.Order) -> bytes:
        """Return the encoded answer of a work.

        Raises:
            Broken: see there.
            Failed: see there.
        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Broken
        text = frame.encode(order)
        try:
            head = frame.ORDER.pack(number, len(text), len(data))
            process.stdin.writelines((head, text, data))
            await process.stdin.drain()
            answer = await process.stdout.readexactly(frame.ANSWER.size)
            status, length = frame.ANSWER.unpack(answer)
            found = await process.stdout.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            raise Broken from None
        if status == frame.FAILED:
            raise Failed(found.decode(errors="replace"))
        return found

    def kill(self) -> None:
        """End it at once; another `start` begins anew."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def stop(self) -> None:
        """Let it end."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()
