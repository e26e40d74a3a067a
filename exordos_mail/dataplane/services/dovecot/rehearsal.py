# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial run of Dovecot's configuration before it replaces the one in service.

doveconf judges the settings, and finds no fault in a program of lookups that does not
work, nor in a key of another certificate. So the candidate runs on private ports of the
loopback with a store and an account of its own, as the same user without any right, and
must hold real dialogues.
"""

import os
import secrets
import subprocess
import time
import typing as tp

from passlib import hash as passlib_hash

from exordos_mail.dataplane.engine import accounts as accounts_lib
from exordos_mail.dataplane.engine import checker, files, service, trial
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.dovecot import dialogues, lookups, probe, render
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.protocol import documents
from exordos_mail.standards import address

_ATTEMPTS = 3  # a free port may be taken before Dovecot has bound it
_START_TIMEOUT = 5.0  # seconds until the ports answer
_PORT_TAKEN = "Address already in use"
#: The one account of a trial. Short, so that it fits before a long domain.
_ACCOUNT = "r"
_MAILBOX = "00000000-0000-4000-8000-000000000000"
_LIMITS = spec_lib.MailboxSettings(1 << 20, 1000)

#: Makes a candidate's files for the paths of a trial.
Make = tp.Callable[[paths_lib.DovecotPaths], files.Tree]


class _PortTaken(Exception):
    """Somebody else has bound a port that was free a moment ago."""


def rehearse(
    make: Make, domain: str, paths: paths_lib.DovecotPaths, layout: layout_lib.Layout
) -> None:
    """Run a candidate in private and talk to it.

    Raises:
        RehearsalFailed: Dovecot refuses it, did not start, or gave a wrong answer.
    """
    base = layout.disk(paths.rehearsal_dir)
    for _ in range(_ATTEMPTS):
        # What a killed rehearsal has left. The node's lock is held: no other runs.
        files.remove_tree(base)
        try:
            _rehearse_once(make, domain, paths.rehearsal(trial.free_ports(5)), layout)
            return
        except _PortTaken:
            continue
        finally:
            files.remove_tree(base)
    raise service.RehearsalFailed("no free ports for the trial run of Dovecot")


def _rehearse_once(
    make: Make, domain: str, private: paths_lib.DovecotPaths, layout: layout_lib.Layout
) -> None:
    # The longest domains leave no room for any address before them.
    login, password = f"{_ACCOUNT}@{domain}", secrets.token_urlsafe(24)
    _make_directories(private, layout)
    tree = {path: recipe.make() for path, recipe in make(private).items()}
    bucket = documents.bucket(_ACCOUNT)
    tree[private.accounts(bucket)] = lookups.file({login: _row(login, password)})
    files.write_all(layout, tree)
    user, conf = paths_lib.USER, ("-c", private.conf)
    checker.check("Dovecot", (paths_lib.CHECKER, "-n", *conf), user, layout, _reason)
    rights = trial.without_rights(user, user, layout)
    command = (*rights, paths_lib.BINARY, "-F", *conf)
    with trial.running(command, patience=0) as ours:
        try:
            _wait_until_up(private, render.revision(tree[private.conf]), ours)
            if len(login) <= address.ADDRESS_MAX:
                _talk(private, layout, login, password)
        except service.RehearsalFailed as exc:
            raise service.RehearsalFailed(f"{exc}{_complaint(ours)}") from None


def _talk(
    private: paths_lib.DovecotPaths,
    layout: layout_lib.Layout,
    login: str,
    password: str,
) -> None:
    lmtp, quota = layout.disk(private.lmtp_socket), layout.disk(private.quota_socket)
    try:
        probe.check_quota(quota)
        dialogues.check_lmtp(str(lmtp), login)
        dialogues.check_imap(private, login, password)
        dialogues.check_pop3(private, login, password)
        dialogues.check_sieve(private, login, password)
        dialogues.check_refusals(private, login, password)
    except probe.DovecotSilent as exc:
        raise service.RehearsalFailed(str(exc)) from None
    except dialogues.BROKEN as exc:
        raise service.RehearsalFailed(
            f"the dialogue with Dovecot broke off: {type(exc).__name__}"
        ) from None


def _row(login: str, password: str) -> str:
    # The cheapest strong scheme: this hash lives for a second.
    hashed = passlib_hash.sha512_crypt.using(rounds=1000).hash(password)
    account = accounts_lib.Account(login, hashed, _MAILBOX)
    return lookups.row(account, _LIMITS)


def _make_directories(
    private: paths_lib.DovecotPaths, layout: layout_lib.Layout
) -> None:
    uid, gid = layout.uid(paths_lib.USER), layout.gid(paths_lib.USER)
    base = layout.disk(private.rehearsal_dir)
    files.make_directory(base, 0o750)
    os.chown(base, -1, gid)
    private_directories = (private.accounts_dir, private.tls_dir, private.programs_dir)
    for path in (private.directory, *private_directories):
        files.make_directory(layout.disk(path), 0o750)
        os.chown(layout.disk(path), -1, gid)
    for path, mode in ((private.run_dir, 0o755), (private.store_dir, 0o700)):
        files.make_directory(layout.disk(path), mode)
        os.chown(layout.disk(path), uid, gid)


def _wait_until_up(
    private: paths_lib.DovecotPaths, revision: str, process: subprocess.Popen[str]
) -> None:
    """Wait until all ports tell the revision.

    Raises:
        _PortTaken: one of the ports is somebody else's.
        RehearsalFailed: Dovecot has ended, or does not answer in time.
    """
    end = time.monotonic() + _START_TIMEOUT
    reason = probe.AWAY
    while time.monotonic() < end:
        if process.poll() is not None:
            if _PORT_TAKEN in trial.said(process):
                raise _PortTaken
            raise service.RehearsalFailed("Dovecot did not start")
        try:
            if probe.revision(private) == revision:
                return
            reason = "Dovecot runs another configuration"
        except probe.DovecotSilent as exc:
            reason = str(exc)
        time.sleep(0.01)
    raise service.RehearsalFailed(reason)


def _complaint(process: subprocess.Popen[str]) -> str:
    """Return what Dovecot has said is wrong, in brackets; "" for nothing."""
    said = trial.said(process).splitlines()
    return f" ({_reason(said)})" if any(map(_is_complaint, said)) else ""


def _is_complaint(line: str) -> bool:
    return "Fatal: " in line or "Error: " in line


def _reason(lines: tp.Sequence[str]) -> str:
    """Return what Dovecot says is wrong."""
    return trial.one_line("\n".join([*filter(_is_complaint, lines), *lines]))
