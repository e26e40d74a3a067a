# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial run of a configuration before it replaces the one in service.

`exim -bV` accepts most faults and a SIGHUP with a broken file kills the daemon
(undefined transports and ACLs, AUTH
expansions, certificates). So the candidate runs here on private
loopback ports, with a private spool and one private account, as the same
unprivileged user, and must hold real dialogues.
"""

import contextlib
import dataclasses
import datetime
import os
import pathlib
import secrets
import smtplib
import socket
import subprocess
import tempfile
import time
import typing as tp

from passlib import hash as passlib_hash

from exordos_mail import constants as c
from exordos_mail.dataplane import certificate, files, probe, render
from exordos_mail.dataplane import layout as layout_lib
from exordos_mail.dataplane import spec as spec_lib
from exordos_mail.standards import address

_START_TIMEOUT = 5.0  # seconds until the ports answer
_STOP_TIMEOUT = 5.0
_DIALOGUE_TIMEOUT = 60.0  # for all of one
_ATTEMPTS = 3  # a free port may be taken before exim has bound it
# Short, so that they fit before a long domain.
_ACCOUNT, _NOBODY = "r", "n"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
_FOREIGN = "someone@relay.invalid"  # RFC 2606: never a real domain


class RehearsalFailed(Exception):
    """The configuration must not go into service; one line of text."""


def rehearse(spec: spec_lib.MailSpec, layout: layout_lib.Layout) -> None:
    """Run the configuration of `spec` in private and talk to it.

    Raises:
        RehearsalFailed: exim did not start, or gave a wrong answer.
    """
    base = layout.disk(layout.rehearsal_dir)
    files.make_directory(base)
    # What a killed rehearsal has left. The node's lock is held: no other runs.
    files.clear(base)
    directory = pathlib.Path(tempfile.mkdtemp(dir=base))
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _rehearse_once(spec, layout, directory)
                return
            except _PortTaken:
                if attempt == _ATTEMPTS:
                    raise RehearsalFailed("no free ports for the trial run") from None
    finally:
        files.remove_tree(directory)


class _PortTaken(Exception):
    """Somebody else has bound a port that was free a moment ago."""


def _rehearse_once(
    spec: spec_lib.MailSpec, layout: layout_lib.Layout, directory: pathlib.Path
) -> None:
    password = secrets.token_urlsafe(24)
    # The cheapest strong scheme: this hash lives for a second.
    hashed = passlib_hash.sha512_crypt.using(rounds=1000).hash(password)
    trial = spec_lib.MailSpec(
        domain=spec.domain,
        dkim_keys=(),  # nothing is delivered, so nothing is signed
        rate_limit=c.RATE_LIMIT_DEFAULT,  # a low one would refuse the trial
    )
    private = _private_layout(layout, directory)
    tree = render.render(trial, render.Accounts.of({_ACCOUNT: hashed}), private)
    made = {path: recipe.make() for path, recipe in tree.items()}
    secret = secrets.token_urlsafe(24)
    made[private.send_cdb] = render.render_send_login(secret.encode(), private)
    made[private.trial] = render.render_trial(private)
    files.write_all(private, made)
    conf = made[private.exim_conf]
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate.ensure(private, trial.domain, now)
    _check_transports(private)
    with _running_exim(private) as process:
        _wait_until_up(private, render.revision_of(conf), process)
        try:
            _check_relay_port(private)
            # The longest domains leave no room for any address before them.
            if len(_address(_ACCOUNT, trial)) <= address.ADDRESS_MAX:
                _check_unknown_user(private, trial)
                _check_submission_port(private, trial, password)
                _check_tls_port(private, trial, password)
                _check_send_port(private, trial, password, secret)
        except (smtplib.SMTPException, OSError) as exc:
            raise RehearsalFailed(
                f"the dialogue broke off: {type(exc).__name__}{_panic(private)}"
            ) from None


def _private_layout(
    layout: layout_lib.Layout, directory: pathlib.Path
) -> layout_lib.Layout:
    base = "/" + str(directory.relative_to(layout.root))
    ports = _free_ports(4)
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
        local_interfaces=(probe.LOOPBACK,),
        smtp_port=ports[0],
        submissions_port=ports[1],
        submission_port=ports[2],
        send_port=ports[3],
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


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((probe.LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _check_transports(private: layout_lib.Layout) -> None:
    """Check that the transports of all routers exist.

    exim looks at the name when it routes, which no dialogue makes it do.
    """
    prefix = "transport = "
    wanted = {
        line.removeprefix(prefix)
        for line in _configured(private, "routers")
        if line.startswith(prefix) and line != prefix
    }
    missing = wanted - set(_configured(private, "transport_list"))
    if missing:
        raise RehearsalFailed(f"there is no transport {min(missing)}")


def _configured(private: layout_lib.Layout, what: str) -> list[str]:
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            [*_exim(private), "-bP", what],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_STOP_TIMEOUT,
            check=False,
            cwd="/",
            env=_ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        raise RehearsalFailed("exim did not answer in time") from None
    if done.returncode:
        raise RehearsalFailed(f"exim refuses it: {_one_line(done.stderr)}")
    return done.stdout.splitlines()


def _exim(private: layout_lib.Layout) -> list[str]:
    # setpriv execs in place, so its pid is exim's. exim's file is setuid root:
    # without no-new-privs the trial would have more rights than the service.
    # pdeathsig: an agent that is killed takes its trial run with it.
    return [
        "/usr/bin/setpriv",
        f"--reuid={private.uid(private.exim_user)}",
        f"--regid={private.gid(private.exim_group)}",
        "--clear-groups",
        "--bounding-set=-all",
        "--no-new-privs",
        "--pdeathsig=KILL",
        private.exim_binary,
        "-C",
        private.exim_conf,
    ]


@contextlib.contextmanager
def _running_exim(private: layout_lib.Layout) -> tp.Iterator[subprocess.Popen[str]]:
    # -odq: what the trial accepts is never delivered.
    command = [*_exim(private), "-bdf", "-odq"]
    process = subprocess.Popen(  # noqa: S603 fixed words and our own paths
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_until_up(
    private: layout_lib.Layout, revision: str, process: subprocess.Popen[str]
) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    reason: str | None = "exim did not open its ports"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _failed_start(private, process)
        reason = probe.wait_for_revision(private, revision, seconds=0)
        if reason is None:
            return
        time.sleep(0.01)
    raise RehearsalFailed(f"{reason}{_panic(private)}")


def _failed_start(
    private: layout_lib.Layout, process: subprocess.Popen[str]
) -> Exception:
    _, errors = process.communicate()
    text = errors + _panic(private)
    if "Address already in use" in text:
        return _PortTaken()
    return RehearsalFailed(f"exim did not start: {_one_line(errors)}{_panic(private)}")


def _panic(private: layout_lib.Layout) -> str:
    """Return the first line of the trial's panic log, which says what is wrong."""
    try:
        text = private.disk(private.log_dir + "/paniclog").read_text(errors="replace")
    except FileNotFoundError:
        return ""
    # "2026-11-21 10:00:00.123 [pid] text"
    line = _one_line(text)
    return f" ({line.partition('] ')[2] or line})"


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else "no reason given"


def _dialogue(port: int, tls: bool = False) -> smtplib.SMTP:
    return probe.connect(port, tls, _DIALOGUE_TIMEOUT)


def _check_relay_port(private: layout_lib.Layout) -> None:
    with contextlib.closing(_dialogue(private.smtp_port)) as smtp:
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 25 before TLS")
        smtp.starttls(context=probe.tls_context())
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 25")
        _expect(smtp.mail(_FOREIGN), 250, "a sender on port 25")
        _expect(smtp.rcpt(_FOREIGN), 550, "relaying on port 25")


def _check_unknown_user(private: layout_lib.Layout, spec: spec_lib.MailSpec) -> None:
    with contextlib.closing(_dialogue(private.smtp_port)) as smtp:
        smtp.ehlo("localhost")
        _expect(smtp.mail(_FOREIGN), 250, "a sender on port 25")
        _expect(smtp.rcpt(_address(_NOBODY, spec)), 550, "an unknown user")


def _check_submission_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str
) -> None:
    sender = _address(_ACCOUNT, spec)
    with contextlib.closing(_dialogue(private.submission_port)) as smtp:
        smtp.ehlo("localhost")
        _refuse_auth_offer(smtp, "port 587 before TLS")
        smtp.starttls(context=probe.tls_context())
        smtp.ehlo("localhost")
        _expect(smtp.mail(sender), 530, "a sender without a login")
        _expect_login(smtp, sender, secrets.token_urlsafe(24), False)
        _expect_login(smtp, sender, password, True)
        _expect(smtp.mail(_FOREIGN), 550, "a sender that is not the account's")
        # Refused and accepted content, so that every check on content has run.
        forged = f"From: {_FOREIGN}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, forged), 550, "a foreign From:")
        honest = f"From: {sender}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, honest), 250, "an honest message")


def _check_tls_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str
) -> None:
    with contextlib.closing(_dialogue(private.submissions_port, tls=True)) as smtp:
        smtp.ehlo("localhost")
        _expect_login(smtp, _address(_ACCOUNT, spec), password, True)


def _check_send_port(
    private: layout_lib.Layout, spec: spec_lib.MailSpec, password: str, secret: str
) -> None:
    account = _address(_ACCOUNT, spec)
    with contextlib.closing(_dialogue(private.send_port)) as smtp:
        smtp.ehlo("localhost")
        _expect(smtp.mail(account), 530, "a sender without a login")
        _expect_login(smtp, account, password, False)
        _expect_login(smtp, c.SEND_SMTP_USER, secrets.token_urlsafe(24), False)
        _expect_login(smtp, c.SEND_SMTP_USER, secret, True)
        _expect(smtp.mail(_FOREIGN), 550, "a sender of another domain")
        # Nobody has this address, and it is of the domain.
        sender = _address(_NOBODY, spec)
        honest = f"From: {sender}\r\nSubject: trial\r\n\r\ntrial\r\n"
        _expect(_submit(smtp, sender, honest), 250, "an honest message")


def _address(username: str, spec: spec_lib.MailSpec) -> str:
    return f"{username}@{spec.domain}"


def _submit(smtp: smtplib.SMTP, address: str, message: str) -> tuple[int, bytes]:
    _expect(smtp.mail(address), 250, "the account's own sender")
    _expect(smtp.rcpt(_FOREIGN), 250, "a recipient of an account")
    return smtp.data(message)


def _expect(answer: tuple[int, bytes], code: int, what: str) -> None:
    if answer[0] != code:
        text = answer[1].decode("ascii", "replace")
        raise RehearsalFailed(
            f"exim answered {answer[0]} to {what}, not {code}: {_one_line(text)}"
        )


def _expect_login(
    smtp: smtplib.SMTP, login: str, password: str, accepted: bool
) -> None:
    smtp.user, smtp.password = login, password
    try:
        code, _ = smtp.auth("PLAIN", smtp.auth_plain)
    except smtplib.SMTPAuthenticationError as exc:
        code = exc.smtp_code
    wanted = 235 if accepted else 535
    if code != wanted:
        kind = "right" if accepted else "wrong"
        raise RehearsalFailed(
            f"exim answered {code} to a {kind} password, not {wanted}"
        )


def _refuse_auth_offer(smtp: smtplib.SMTP, where: str) -> None:
    if smtp.has_extn("auth"):
        raise RehearsalFailed(f"exim offers AUTH on {where}")
