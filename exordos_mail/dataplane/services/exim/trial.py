# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A private exim: its layout, its process, and what it says when it fails."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import time

from exordos_mail.dataplane.engine import files, service, trial
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe

_START_TIMEOUT = 5.0  # seconds until the ports answer


class PortTaken(Exception):
    """Somebody else has bound a port that was free a moment ago."""


def private_layout(
    layout: layout_lib.Layout, directory: pathlib.Path
) -> layout_lib.Layout:
    """Return the layout of a trial in a directory, with free ports."""
    base = "/" + str(directory.relative_to(layout.root))
    ports = trial.free_ports(5)
    private = dataclasses.replace(
        layout,
        exim_dir=base + "/etc",
        lookups_dir=base + "/etc/lookups",
        dkim_dir=base + "/etc/dkim",
        tls_dir=base + "/etc/tls",
        mail_env=base + "/etc/mail.env",
        spool_dir=base + "/spool",
        log_dir=base + "/log",
        run_dir=base + "/run",
        # Nobody listens there.
        lmtp_socket=base + "/run/lmtp",
        quota_socket=base + "/run/quota",
        local_interfaces=(probe.LOOPBACK,),
        smtp_port=ports[0],
        submissions_port=ports[1],
        submission_port=ports[2],
        send_port=ports[3],
        sieve_port=ports[4],
    )
    uid, gid = layout.uid(layout.exim_user), layout.gid(layout.exim_group)
    os.chown(directory, layout.uid(layout_lib.ROOT), gid)
    directory.chmod(0o750)
    for path in (private.spool_dir, private.log_dir, private.run_dir):
        on_disk = layout.disk(path)
        files.clear(on_disk)
        files.make_directory(on_disk, 0o750)
        os.chown(on_disk, uid, gid)
    return private


def _exim(private: layout_lib.Layout) -> list[str]:
    # exim's file is setuid root: without no-new-privs the trial would have more rights
    # than the service.
    rights = trial.without_rights(private.exim_user, private.exim_group, private)
    return [*rights, private.exim_binary, "-C", private.exim_conf]


def running(
    private: layout_lib.Layout,
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Run exim with the private configuration; end it at the end."""
    # -odq: what the trial accepts is never delivered.
    return trial.running([*_exim(private), "-bdf", "-odq"])


def wait_until_up(
    private: layout_lib.Layout, revision: str, process: subprocess.Popen[str]
) -> None:
    """Wait until all ports announce the revision.

    Raises:
        PortTaken: one of the ports is somebody else's.
        RehearsalFailed: exim has ended, or does not answer in time.
    """
    deadline = time.monotonic() + _START_TIMEOUT
    reason: str | None = "exim did not open its ports"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _failed_start(private, process)
        reason = probe.wait_for_revision(private, revision, seconds=0)
        if reason is None:
            return
        time.sleep(0.01)
    raise service.RehearsalFailed(f"{reason}{panic(private)}")


def _failed_start(
    private: layout_lib.Layout, process: subprocess.Popen[str]
) -> Exception:
    errors = trial.said(process)
    text = errors + panic(private)
    if "Address already in use" in text:
        return PortTaken()
    return service.RehearsalFailed(
        f"exim did not start: {trial.one_line(errors)}{panic(private)}"
    )


def panic(private: layout_lib.Layout) -> str:
    """Return the first line of the trial's panic log, which says what is wrong."""
    try:
        text = private.disk(private.log_dir + "/paniclog").read_text(errors="replace")
    except FileNotFoundError:
        return ""
    # "2026-11-21 10:00:00.123 [pid] text"
    line = trial.one_line(text)
    return f" ({line.partition('] ')[2] or line})"


def configured(private: layout_lib.Layout, what: str) -> list[str]:
    """Return what exim says of a part of its configuration, line by line.

    Raises:
        RehearsalFailed: it refuses the configuration, or does not answer.
    """
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            [*_exim(private), "-bP", what],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=trial.STOP_TIMEOUT,
            check=False,
            cwd="/",
            env=trial.ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        raise service.RehearsalFailed("exim did not answer in time") from None
    if done.returncode:
        raise service.RehearsalFailed(f"exim refuses it: {trial.one_line(done.stderr)}")
    return done.stdout.splitlines()
