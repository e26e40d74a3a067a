# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The certificate of the HTTP API, looked at again when its files change."""

import asyncio
import logging
import os
import pathlib
import ssl
import typing as tp

from exordos_mail.standards import secret_file

log = logging.getLogger(__name__)

#: Seconds between two looks at the files.
LOOK = 3.0
_Stamp = tuple[tuple[int, ...], ...]


class Certificate:
    """A chain and its key: whoever connects is shown the newest pair that fits."""

    def __init__(self, chain: pathlib.Path, key: pathlib.Path) -> None:
        """Read the files.

        Raises:
            ValueError: they cannot be read or do not fit, or others can read the key.
        """
        self._files = (chain, key)
        self._stamp = self._look()
        try:
            self._current = self._load()
        except OSError as error:
            raise ValueError(
                f"{chain} and {key} are no certificate with its key: {_reason(error)}"
            ) from None
        #: Why newer files are not used, in one line.
        self.problem: str | None = None
        #: What a server listens with.
        self.context = self._load()
        # Called for each connection, also for those that name no server: a pair
        # that is replaced in a context in use could be half the former one.
        self.context.sni_callback = self._use_current

    async def watch(self) -> None:
        """Take over changed files until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(self._renew)

    def _use_current(
        self, connection: tp.Any, name: str | None, context: ssl.SSLContext
    ) -> None:
        connection.context = self._current

    def _renew(self) -> None:
        # Before they are read: what changes meanwhile is seen the next time.
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._current = self._load()
        except (OSError, secret_file.SecretFileError) as error:
            problem = f"certificate: the new files cannot be used: {_reason(error)}"
            if problem != self.problem:
                log.error("%s", problem)
            self.problem = problem
            return
        self.problem = None
        log.info("the certificate has changed")

    def _look(self) -> _Stamp | None:
        try:
            found = [os.stat(file) for file in self._files]
        except OSError:
            return None
        return tuple(
            (one.st_ino, one.st_mtime_ns, one.st_size, one.st_mode) for one in found
        )

    def _load(self) -> ssl.SSLContext:
        chain, key = self._files
        # The chain may hold the key too, and then is as secret.
        for file in self._files:
            if file == key or b"PRIVATE KEY-----" in file.read_bytes():
                secret_file.check(file, file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a password, OpenSSL asks the terminal for that of a locked key.
        context.load_cert_chain(chain, key, password="")
        return context


def _reason(error: OSError | secret_file.SecretFileError) -> str:
    if isinstance(error, secret_file.SecretFileError):
        return str(error)
    # An ssl.SSLError is an OSError, and has a word of its own.
    return getattr(error, "reason", None) or error.strerror or type(error).__name__
