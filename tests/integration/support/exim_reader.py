# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages as exim reads them: the program of a node's root file system."""

import dataclasses
import itertools
import os
import pathlib
import re
import subprocess

#: The root file system of a node; the gate names it.
ROOTFS_VARIABLE = "EXORDOS_MAIL_NODE_ROOTFS"
_CONFIGURATION = """\
spool_directory = /tmp
log_file_path = /tmp/log-%s
headers_charset = UTF-8
keep_environment =
"""
# In a mount name space of its own: the root file system stays as it is.
_RUN = """
mount --bind "$1" "$2/tmp"
exec chroot "$2" /usr/sbin/exim4 -C /tmp/configuration -bem /tmp/message
"""
_END = "\x01"
#: Names that fields Bcc get here, one after the other.
BLIND = tuple(f"x-bcc-{at}" for at in range(5))
#: Fields of addresses, and fields of text.
_ADDRESSES = ("from", "sender", "reply-to", "to", "cc", *BLIND)
_BLIND = re.compile(rb"(?im)^bcc(?=[ \t]*:)")
_TEXTS = ("subject", "x-own")


@dataclasses.dataclass(frozen=True)
class Reading:
    """What exim makes of a message."""

    #: By field: the addresses in their order.
    addresses: dict[str, list[str]]
    #: By field: the text that is shown, in one line.
    texts: dict[str, str]
    #: Names of all fields in lower case and order.
    fields: list[str]


class Exim:
    """The program; each message is a run of it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._root = os.environ.get(ROOTFS_VARIABLE, "")
        if not (pathlib.Path(self._root) / "usr/sbin/exim4").exists():
            raise RuntimeError(f"{ROOTFS_VARIABLE} must name a node's root file system")
        self._directory = directory
        (directory / "configuration").write_text(_CONFIGURATION)

    def read(self, data: bytes) -> Reading:
        """Return what exim makes of a message whose lines end in CRLF."""
        lines = data.replace(b"\r\n", b"\n")
        # It would take these fields out, and take several ones for one.
        count = itertools.count()
        shown = _BLIND.sub(lambda _: b"X-Bcc-%d" % next(count), lines)
        (self._directory / "message").write_bytes(shown)
        asked = [f"${{addresses:$rh_{name}:}}" for name in _ADDRESSES]
        asked += [f"$h_{name}:" for name in _TEXTS]
        found = self._expand("\\x01".join([*asked, "$message_headers_raw"]))
        parts = found.split(_END)
        count = len(_ADDRESSES)
        return Reading(
            addresses={
                name: part.split(":") if part else []
                for name, part in zip(_ADDRESSES, parts[:count], strict=True)
            },
            texts=dict(zip(_TEXTS, map(_one_line, parts[count:-1]), strict=True)),
            fields=[
                line.partition(":")[0].lower()
                for line in parts[-1].splitlines()
                if line[:1] not in (" ", "\t", "")
            ],
        )

    def _expand(self, text: str) -> str:
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-eu", "-c"]
        done = subprocess.run(
            [*command, _RUN, "exim", str(self._directory), self._root],
            input=f"{text}\n".encode(),
            capture_output=True,
            check=True,
        )
        # Each line is asked for by a prompt, and the next one never comes.
        shown = done.stdout.decode("utf-8", "surrogateescape")
        return shown.removeprefix("> ").removesuffix("> \n").removesuffix("\n")


def _one_line(text: str) -> str:
    return text.replace("\n", "")
