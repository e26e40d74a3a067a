# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A copy of a source as it is, which dsync keeps equal, folder by folder.

dsync cannot write into a mailbox that gets mail: it takes a message for another one
whose number is taken there. Here nobody else writes. Folders are directories with
random names (`LAYOUT=index`), so a name of the source is never a path.
"""

import gzip
import hashlib
import os
import pathlib
import subprocess
import typing as tp

from exordos_mail.dataplane.services.imports import doveadm, relay
from exordos_mail.dataplane.services.imports.fault import Fault, FolderFault

_STEP = 0.5  # seconds between two looks at how far dsync is
_USER = "import"
_CONF = """
base_dir = {run_dir}
instance_name = import
log_path = /dev/null
mail_location = maildir:{directory}/mail:LAYOUT=index
mail_temp_dir = {directory}/tmp
mail_fsync = always
mail_prefetch_count = 20
mail_plugin_dir = /usr/lib/dovecot/modules
mail_plugins = zlib
first_valid_uid = 1
ssl = no
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
plugin {{
  zlib_save = gz
  zlib_save_level = 6
}}
imapc_host = {host}
imapc_port = {port}
imapc_user = import
imapc_password = {token}
imapc_features = rfc822.size fetch-headers
imapc_connection_retry_count = 0
"""


class Message(tp.NamedTuple):
    """A message: its number, its name, and its flags as IMAP has them."""

    uid: int
    guid: str
    flags: tuple[str, ...]


class Mirror:
    """The copy.

    Args:
        directory: where it is; it is made.
        run_dir: of Dovecot.
        separator: of the source's names.
    """

    def __init__(self, directory: pathlib.Path, run_dir: str, separator: str) -> None:
        self._directory, self._run_dir = directory, run_dir
        self._separator = separator
        self._conf = directory / "dovecot.conf"
        self.is_new = not directory.exists()
        (directory / "tmp").mkdir(parents=True, exist_ok=True)
        for left in (directory / "tmp").iterdir():
            left.unlink()
        self._environment = {"USER": _USER, "HOME": str(directory)}
        self._paths: dict[str, pathlib.Path] = {}
        self._configure(0, "")

    def _configure(self, port: int, token: str) -> None:
        text = _CONF.format(
            directory=self._directory,
            run_dir=self._run_dir,
            separator=self._separator,
            host=relay.LOOPBACK,
            port=port or 1,
            token=token,
        )
        self._conf.unlink(missing_ok=True)
        handle = os.open(self._conf, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)

    def update(
        self, name: str, door: relay.Relay, seen: tp.Callable[[int], None]
    ) -> None:
        """Make a folder equal to that of the source.

        Args:
            name: of the folder.
            door: to the source.
            seen: is told now and then how many messages there are.

        Raises:
            Fault: the source is gone, or this process is to end.
            FolderFault: dsync cannot copy the folder.
        """
        self._roll_back(name)
        self._configure(door.port, door.token)
        words = ("backup", "-R", "-m", name, "imapc:")
        process = doveadm.start(str(self._conf), *words, environment=self._environment)
        try:
            # A door that closes ends it, too.
            while not _has_ended(process):
                seen(self.count(name))
        finally:
            process.kill()
            process.communicate()
            # It may have made the folder anew.
            self._paths.clear()
        if process.returncode and door.reason:
            raise Fault(door.reason, passes=door.passes)
        if process.returncode:
            raise FolderFault("dsync does not copy it", passes=True)

    def _roll_back(self, name: str) -> None:
        """Remove the files of messages that a dsync which was killed had not numbered.

        It puts the files of a hundred messages in place, then writes their numbers
        (maildir-save.c). Dovecot would number those that it finds without one after
        their names; and dsync, which compares only Date and Message-ID, can take them
        for other messages, and give them the flags of those.
        """
        directory = self._path(name)
        if directory is None:
            return
        numbered = _numbered(directory / "dovecot-uidlist")
        for key, path in self.files(name).items():
            if key not in numbered:
                path.unlink()

    def count(self, name: str) -> int:
        """Return about how many messages there are of a folder."""
        found = self._path(name)
        if found is None:
            return 0
        parts = [found / one for one in ("cur", "new")]
        return sum(len(os.listdir(one)) for one in parts if one.is_dir())

    def messages(self, name: str) -> list[Message]:
        """Return the messages of a folder by their numbers.

        Raises:
            Fault: Dovecot does not tell.
        """
        path = self._path(name)
        if path is None:
            return []
        # A name would be a pattern there; the directory is named by its GUID.
        query = ("mailbox-guid", path.name, "all")
        status, rows = self._run("fetch", "uid guid flags", *query)
        if status:
            raise Fault("the copy of a folder cannot be read", passes=True)
        return sorted(
            Message(int(uid), guid.partition(",")[0], tuple(flags.split()))
            for uid, guid, flags in rows
        )

    def files(self, name: str) -> dict[str, pathlib.Path]:
        """Return the files of a folder's messages, by their names without flags."""
        directory = self._path(name)
        if directory is None:
            return {}
        every = [one for part in ("cur", "new") for one in (directory / part).iterdir()]
        return {_key(one.name): one for one in every}

    def _path(self, name: str) -> pathlib.Path | None:
        if name not in self._paths:
            status, rows = self._run("mailbox", "path", "--", name)
            if status or not rows:
                return None
            self._paths[name] = pathlib.Path(rows[0][0])
        return self._paths[name]

    def _run(self, *words: str) -> tuple[int, list[list[str]]]:
        return doveadm.run(str(self._conf), *words, environment=self._environment)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_STEP)
    except subprocess.TimeoutExpired:
        return False
    return True


def _numbered(uidlist: pathlib.Path) -> frozenset[str]:
    """Return the keys of the messages that have numbers."""
    try:
        lines = uidlist.read_text(errors="replace").splitlines()[1:]
    except FileNotFoundError:
        return frozenset()
    # UID, other things of the message, " :", the name of its file.
    return frozenset(_key(line.partition(" :")[2]) for line in lines)


def _key(name: str) -> str:
    """Return the part of a file's name that never changes."""
    return name.partition(":")[0].partition(",")[0]


def digest(path: pathlib.Path) -> bytes:
    """Return the SHA-256 of a message of the mirror."""
    found = hashlib.sha256()
    with gzip.open(path) as file:
        while block := file.read(2**20):
            found.update(block)
    return found.digest()
