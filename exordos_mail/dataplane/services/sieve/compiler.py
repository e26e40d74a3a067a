# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""sievec of Pigeonhole, with a text of somebody else.

It runs as nobody, without any right, with bounds of time and memory. Pigeonhole takes a
binary only for the script of the path that it was compiled at, so sievec reads the
script where it will be, and leaves the binary elsewhere. Its extensions are those that
Dovecot has for users' scripts, but:

    include     what runs is what was checked, and nothing of another script
    ihave       a script could be another one where there are more extensions, as
                there are for what runs before users' scripts: one starts programs
"""

import dataclasses
import os
import pathlib
import re
import signal
import stat
import subprocess
import typing as tp

from exordos_mail.dataplane.engine import files, service, trial
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.sieve import paths
from exordos_mail.standards import sieve_script

_CONF = f"""\
log_path = /dev/stderr
log_timestamp =
ssl = no
plugin {{
  sieve_extensions = -regex -include -ihave
  sieve_max_script_size = {sieve_script.CONTENT_MAX}
}}
"""
_CPU = 2  # seconds
_MEMORY = 256 * 1024 * 1024
_FILE_MAX = 4 * 1024 * 1024  # octets of what it writes, each
_TIMEOUT = 20.0  # seconds; it waits for nothing but a processor
_SAID_MAX = 64 * 1024
_ERROR_MAX = 500
_ERROR = re.compile(r"^[0-9a-f-]+: ((?:line ([0-9]+): )?error: .*)$", re.MULTILINE)
_TRIVIAL = "keep;"


@dataclasses.dataclass(frozen=True)
class ScriptFault:
    """Why a script does not compile, as Pigeonhole says it; the line, if it does."""

    error: str
    line: int | None = None


def compile_script(
    content: str, source: str, layout: layout_lib.Layout
) -> bytes | ScriptFault:
    """Return a script in Pigeonhole's binary form.

    Args:
        content: of the script.
        source: where it will be; whatever is there now is lost.
        layout: knows ids and the disk.

    Raises:
        Problem: that cannot be told; the script is not the reason.
        OSError: there is no room for it.
    """
    found = _compile(content, source, layout)
    if isinstance(found, ScriptFault) and found.line is None and content != _TRIVIAL:
        # Whose fault is it?
        trivial = compile_script(_TRIVIAL, source, layout)
        if isinstance(trivial, ScriptFault):
            raise service.Problem(f"sievec does not work: {trivial.error}")
    return found


def _compile(
    content: str, source: str, layout: layout_lib.Layout
) -> bytes | ScriptFault:
    base = layout.disk(paths.WORK_DIR)
    # What a killed agent has left.
    files.remove_tree(base)
    files.write(
        layout, source, files.File(content.encode(), paths.USER, paths.GROUP, 0o440)
    )
    try:
        box = _box(base, layout)
        status = _run(base, source, box / "binary", layout)
        if status:
            return _fault(status, _read(base / "said", _SAID_MAX))
        return _read(box / "binary", _FILE_MAX)
    finally:
        files.remove(layout.disk(source))
        files.remove_tree(base)


def _box(base: pathlib.Path, layout: layout_lib.Layout) -> pathlib.Path:
    """Make the directory that sievec may write to."""
    files.make_directory(base, 0o711)
    conf, box = base / "sieve.conf", base / "box"
    conf.write_text(_CONF)
    conf.chmod(0o644)
    box.mkdir(mode=0o700)
    os.chown(box, layout.uid(paths.USER), layout.gid(paths.USERS_GROUP))
    return box


def _run(
    base: pathlib.Path, source: str, binary: pathlib.Path, layout: layout_lib.Layout
) -> int:
    """Run sievec; what it says is in the file `said`."""
    limits = (
        *(f"--cpu={_CPU}:{_CPU + 1}", f"--as={_MEMORY}"),
        *(f"--fsize={_FILE_MAX}", "--core=0"),
    )
    command = (
        *trial.without_rights(paths.USER, paths.USERS_GROUP, layout),
        *("/usr/bin/prlimit", *limits, paths.COMPILER, "-c", str(base / "sieve.conf")),
        *(source, str(binary)),
    )
    with (base / "said").open("wb") as said:
        try:
            return subprocess.run(  # noqa: S603 fixed words and our own paths
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=_TIMEOUT,
                check=False,
                cwd="/",
                env=trial.ENVIRONMENT,
            ).returncode
        except subprocess.TimeoutExpired:
            text = f"sievec does not end in {_TIMEOUT:.0f} s"
            raise service.Problem(text) from None


def _fault(status: int, said: bytes) -> ScriptFault:
    text = said.decode(errors="replace")
    found = _ERROR.search(text)
    if found:
        return ScriptFault(found[1][:_ERROR_MAX], int(found[2]) if found[2] else None)
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        # By somebody else: it ends by SIGXCPU at its own limit.
        raise service.Problem("sievec was killed")
    if status < 0:
        return ScriptFault(
            f"it takes more than {_CPU} s of a processor, or too much room, to compile"
        )
    return ScriptFault(f"sievec does not compile it: {trial.one_line(text)}")


def _read(path: pathlib.Path, most: int) -> bytes:
    """Return the beginning of a file that somebody else may have put there.

    Raises:
        Problem: it is none.
    """
    flags: tp.Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return stream.read(most)
    except OSError:
        pass
    raise service.Problem(f"sievec leaves no file {path.name}")
