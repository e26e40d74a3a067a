# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nodes that are processes: the plugin's agent program, without exim.

    python farm_node.py AGENT_CONF HOME < nodes

Runs in the environment of the platform, with the plugin that is measured. Each
line of the input, `["node's uuid", "its key"]`, forks a process that is this
node: its own identity, key, directory and configuration file beside the
shipped one. exim is stood in for where the agent asks for it: it "runs" what
is on the disk. Ends its children when it is ended.
"""

import functools
import gc
import json
import os
import pathlib
import signal
import sys
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal import utils

from exordos_mail.dataplane import registry
from exordos_mail.dataplane.agent import program as agent
from exordos_mail.dataplane.engine import files, layout
from exordos_mail.dataplane.services.exim import probe, rehearsal, render, sessions

CONF = """\
[universal_agent]
payload_path = {home}/payload.json
private_key_path = {home}/private_key

[MailCapabilityDriver]
meta_file = {home}/meta.json
"""


class NoExim:
    """A service that is always as it should be."""

    def start(self) -> None:
        """See EximService."""

    def reload(self) -> None:
        """See EximService."""

    def restart(self) -> None:
        """See EximService."""

    def stop(self) -> None:
        """See EximService."""


def running_revision(where: layout.Layout) -> str:
    """Return the revision of the configuration on the disk."""
    content = where.disk(where.exim_conf).read_bytes()
    conf = files.File(content, group=where.exim_group, mode=0o640)
    return str(render.revision_of(conf))


def leave_exim_out() -> None:
    """Replace what talks to a running exim.

    Raises:
        AttributeError: this version of the plugin does it in another way.
    """
    for module, name, replacement in (
        (probe, "daemon", lambda where: (1, 1, 1, 1)),
        (probe, "running_revision", running_revision),
        (probe, "wait_for_revision", lambda *args, **kwargs: None),
        (rehearsal, "rehearse", lambda *args, **kwargs: None),
        (sessions, "end", lambda *args, **kwargs: 0),
    ):
        getattr(module, name)
        setattr(module, name, replacement)


def become(node: sys_uuid.UUID, key: str, conf: str, home: pathlib.Path) -> None:
    """Be the node for the rest of this process."""
    (home / "root").mkdir(parents=True)
    private_key = home / "private_key"
    private_key.touch(mode=0o600)
    private_key.write_text(key)
    own = home / "agent.conf"
    own.write_text(CONF.format(home=home))
    utils.system_uuid = lambda *args, **kwargs: node
    utils.node_uuid = lambda *args, **kwargs: node
    where = layout.Layout(root=home / "root", exim_user="root", exim_group="root")
    make = functools.partial(registry.mail_node, where, units={"exim": NoExim()})
    tp.cast(tp.Any, registry).mail_node = make
    sys.argv = ["exordos-mail-agent", "--config-file", conf, "--config-file", str(own)]
    agent.main()


def main() -> None:
    """Fork a node for each line until the input or this process ends."""
    conf, home = sys.argv[1], pathlib.Path(sys.argv[2])
    leave_exim_out()
    # The nodes share the memory of what is loaded by now.
    gc.freeze()
    children: list[int] = []

    def end(*_: object) -> None:
        for child in children:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    for line in iter(sys.stdin.readline, ""):
        node, key = json.loads(line)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.close(0)
            become(sys_uuid.UUID(node), key, conf, home / node)
            os._exit(1)
        children.append(child)
        signal.signal(signal.SIGTERM, end)
    signal.pause()


if __name__ == "__main__":
    main()
