# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial run of a configuration before it replaces the one in service.

`exim -bV` accepts most faults and a SIGHUP with a broken file kills the daemon
(undefined transports and ACLs, AUTH
expansions, certificates). So the candidate runs here on private
loopback ports, with a private spool and one private account, as the same
unprivileged user, and must hold real dialogues.
"""

import datetime
import pathlib
import secrets
import smtplib
import tempfile

from passlib import hash as passlib_hash

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import (
    certificate,
    files,
    send_login,
    service,
    tls_pairs,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import (
    dialogues,
    domains,
    principals,
    render,
    trial,
)
from exordos_mail.standards import address

_ATTEMPTS = 3  # a free port may be taken before exim has bound it


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
            except trial.PortTaken:
                if attempt == _ATTEMPTS:
                    raise service.RehearsalFailed(
                        "no free ports for the trial run"
                    ) from None
    finally:
        files.remove_tree(directory)


def _rehearse_once(
    spec: spec_lib.MailSpec, layout: layout_lib.Layout, directory: pathlib.Path
) -> None:
    password = secrets.token_urlsafe(24)
    # The cheapest strong scheme: this hash lives for a second.
    hashed = passlib_hash.sha512_crypt.using(rounds=1000).hash(password)
    receives = spec.mailboxes is not None
    wanted = spec_lib.MailSpec(
        domain=spec.domain,
        hostname=spec.hostname,
        mailboxes=spec.mailboxes,
        dkim_keys=(),  # nothing is delivered, so nothing is signed
        rate_limit=c.RATE_LIMIT_DEFAULT,  # a low one would refuse the trial
    )
    private = trial.private_layout(layout, directory)
    who = principals.Principals.of({dialogues.ACCOUNT: hashed}, mailboxes=receives)
    served = domains.Domain(spec.domain, primary=True, receives=receives)
    tree = {
        **render.render(wanted, who, private, domains.tree([served], private)),
        **render.render_tls(tls_pairs.Choice(), wanted, private),
    }
    made = {path: recipe.make() for path, recipe in tree.items()}
    secret = secrets.token_urlsafe(24)
    made[private.send_cdb] = send_login.file(secret.encode(), private)
    made[private.trial] = render.render_trial(private)
    files.write_all(private, made)
    conf = made[private.exim_conf]
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate.ensure(private, tls_pairs.own_names(wanted), now)
    _check_transports(private)
    with trial.running(private) as process:
        trial.wait_until_up(private, render.revision_of(conf), process)
        try:
            dialogues.check_relay_port(private)
            # The longest domains leave no room for any address before them.
            if (
                len(dialogues.address_of(dialogues.ACCOUNT, wanted))
                <= address.ADDRESS_MAX
            ):
                dialogues.check_unknown_user(private, wanted)
                if receives:
                    dialogues.check_mailbox(private, wanted)
                dialogues.check_submission_port(private, wanted, password)
                dialogues.check_tls_port(private, wanted, password)
                dialogues.check_send_port(private, wanted, password, secret)
        except (smtplib.SMTPException, OSError) as exc:
            raise service.RehearsalFailed(
                f"the dialogue broke off: {type(exc).__name__}{trial.panic(private)}"
            ) from None


def _check_transports(private: layout_lib.Layout) -> None:
    """Check that the transports of all routers exist.

    exim looks at the name when it routes, which no dialogue makes it do.
    """
    prefix = "transport = "
    wanted = {
        line.removeprefix(prefix)
        for line in trial.configured(private, "routers")
        if line.startswith(prefix) and line != prefix
    }
    missing = wanted - set(trial.configured(private, "transport_list"))
    if missing:
        raise service.RehearsalFailed(f"there is no transport {min(missing)}")
