# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line of the stand."""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import typing as tp

from tests.stand import (
    cache,
    clients,
    containers,
    dkim_judges,
    host,
    internet,
    laboratory,
    machines,
    nodes,
    pip_settings,
    processes,
    progress,
    rootfs,
    settings,
    stand,
    venvs,
)
from tests.stand.mailbox_judges import cyrus_root, webmail_root
from tests.stand.mailbox_judges import root as mailbox_root

DOC = """\
The whole Exordos platform on this machine, for development and tests.

  standctl up --period 0.5        bring it up (builds what is missing)
  standctl exec -- CMD ...        run CMD where a client stands
  standctl node NAME -- CMD ...   run CMD on a node
  standctl mail mx.remote.test    messages at somebody else's mail host
  standctl dns set NAME TYPE VALUE
  standctl down
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main = argparse.ArgumentParser(
        prog="standctl",
        description=DOC,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    main.add_argument("--name", help="which stand (EXORDOS_STAND, default main)")
    sub = main.add_subparsers(dest="command", required=True)

    sub.add_parser("prepare", help="build everything that `up` needs")
    up = sub.add_parser("up", help="start from nothing; implies prepare")
    up.add_argument(
        "--period",
        type=_period,
        help="loop period in seconds of the "
        "platform's services and agents (default: as shipped)",
    )
    up.add_argument(
        "--acme",
        action="store_true",
        help="with an authority (pebble) that the platform orders certificates from",
    )
    which = up.add_mutually_exclusive_group()
    which.add_argument(
        "--without-plugin", action="store_true", help="leave our plugin out of MetaPaaS"
    )
    which.add_argument(
        "--plugin-source",
        type=pathlib.Path,
        default=settings.REPO,
        metavar="TREE",
        help="another work tree of the plugin, for MetaPaaS and the nodes",
    )
    sub.add_parser("down", help="stop it and remove everything but the last logs")
    sub.add_parser("status", help="what runs, since when, with how much memory")
    sub.add_parser("env", help="the client's variables, for eval in a shell")
    run = sub.add_parser("exec", help="run a command where a client stands")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD")
    node = sub.add_parser("node", help="run a command on a node")
    node.add_argument(
        "node",
        help="first 8 digits of its uuid, the instance's name "
        "or uuid, or - for the only one",
    )
    node.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD")
    power = sub.add_parser("power", help="switch a node")
    power.add_argument("node")
    power.add_argument(
        "request",
        choices=nodes.REQUESTS,
        help="reimage: new root disk, same data disk; cut: no orderly shutdown",
    )
    logs = sub.add_parser("logs", help="list the logs, or print one")
    logs.add_argument("service", nargs="?")
    sub.add_parser("journals", help="write every node's journal to the logs")
    sub.add_parser("rootfs", help="print the path of the node's root file system")
    sub.add_parser("clients", help="print the path of the mail clients' one")
    sub.add_parser("lab", help="print the path of the judges' and servers' one")
    sub.add_parser("thunderbird", help="print the path of Thunderbird's one")
    sub.add_parser("dkim", help="print the path of that of the judges of DKIM")
    sub.add_parser("mailboxes", help="print the path of that of readers of mailboxes")
    sub.add_parser("webmail", help="print the path of Roundcube's one")
    sub.add_parser("cyrus", help="print the path of that of Cyrus")
    venv = sub.add_parser("venv", help="print the path of a Python environment")
    venv.add_argument("which", choices=sorted(venvs.REQUIREMENTS))
    dns = sub.add_parser("dns", help="change the fake internet's records")
    dns.add_argument("action", choices=("set", "add", "delete"))
    dns.add_argument("owner", help="a name, or an address for PTR")
    dns.add_argument("type")
    dns.add_argument("value", nargs="?")
    mail = sub.add_parser("mail", help="messages of a remote mail host, JSON lines")
    mail.add_argument("host", help=" or ".join(h.hostname for h in settings.MAIL_HOSTS))
    mail.add_argument("--to", help="only those of this recipient")
    mail.add_argument(
        "--wait",
        type=float,
        default=0,
        metavar="SECONDS",
        help="wait until there are enough; exit 1 if there are not",
    )
    mail.add_argument("--count", type=int, default=1, help="how many are enough")
    remote = sub.add_parser("remote", help="run a command at a remote mail host")
    remote.add_argument("host", help="as `mail` takes it")
    remote.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD")
    return main


def _period(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 60:
        raise argparse.ArgumentTypeError("0.05 to 60 seconds")
    return value


def words(argv: tp.Sequence[str]) -> list[str]:
    """Return a command without the ``--`` in front of it."""
    found = list(argv[1:] if argv[:1] == ["--"] else argv)
    if not found:
        raise SystemExit("standctl: a command is missing after --")
    return found


def main(argv: tp.Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    args = parser().parse_args(argv)
    try:
        where = settings.Settings.load(args.name)
        if os.geteuid():
            raise PermissionError("the stand needs root (namespaces, containers)")
        command: tp.Callable[..., int] = getattr(Commands(where), args.command)
        return command(args)
    except (
        LookupError,
        PermissionError,
        RuntimeError,
        TimeoutError,
        ValueError,
        FileNotFoundError,
    ) as error:
        print(f"standctl: {error}", file=sys.stderr)
        return 1


class Commands:
    """One method per command."""

    def __init__(self, where: settings.Settings) -> None:
        self.where = where
        self.stand = stand.Stand(where)
        self.store = cache.Cache(where.cache)

    def prepare(self, args: argparse.Namespace) -> int:
        """Build everything."""
        pip_settings.load(self.store).tell()
        for name, path in self.stand.prepare().items():
            print(f"{name}: {path} ({rootfs.size(path)})")
        return 0

    def up(self, args: argparse.Namespace) -> int:
        """Start the stand."""
        pip_settings.load(self.store).tell()
        tree = args.plugin_source.resolve()
        self.stand.up(
            args.period,
            plugin=not args.without_plugin,
            tree=tree,
            with_acme=args.acme,
        )
        return 0

    def down(self, args: argparse.Namespace) -> int:
        """Stop the stand."""
        self.stand.down()
        return 0

    def status(self, args: argparse.Namespace) -> int:
        """Print every service and node with its memory; exit 1 unless all run."""
        facts = self._facts()
        print(
            f"stand {self.where.name}: period {facts['period'] or 'as shipped'}, "
            f"state {self.where.state}"
        )
        fine = True
        for record in processes.records(self.where):
            alive = record.alive
            fine = fine and alive
            print(f"  {'up  ' if alive else 'DOWN'} {record.name} (pid {record.pid})")
        for node in nodes.all_nodes(self.where):
            info = node.info
            state = "up  " if node.running else "off "
            memory = sum(_pss(p) for p in node.processes) // 1024
            print(f"  {state} node {node.short} {info.ip} {memory} MiB {info.name}")
        total = sum(_pss(p) for p in processes.inhabitants(self.where))
        print(f"  memory of all processes: {total // 1024} MiB (PSS)")
        return 0 if fine else 1

    def env(self, args: argparse.Namespace) -> int:
        """Print the variables."""
        for name, value in settings.variables(self.where).items():
            print(f"export {name}={value}")
        return 0

    def exec(self, args: argparse.Namespace) -> int:
        """Run a command as a client; replaces this process."""
        client = pathlib.Path(self._facts()["client"])
        env = {**os.environ, **settings.variables(self.where)}
        env["PATH"] = f"{client / 'bin'}:{env.get('PATH', '')}"
        # A home of the stand's own: the command line keeps tokens there.
        env["HOME"] = str(machines.client(self.where).home / "user")
        command = machines.client(self.where).command(*words(args.argv))
        command.insert(1, f"--wd={os.getcwd()}")
        os.execvpe(command[0], command, env)  # noqa: S606

    def node(self, args: argparse.Namespace) -> int:
        """Run a command on a node; replaces this process."""
        node = nodes.find(self.where, args.node)
        pid = progress.until(node.leader, 10, f"node {node.short} runs")
        command = containers.enter(pid, *words(args.argv))
        os.execvp(command[0], command)  # noqa: S606

    def remote(self, args: argparse.Namespace) -> int:
        """Run a command at a mail host; replaces this process."""
        command = internet.command(self.where, args.host, *words(args.argv))
        os.execvp(command[0], command)  # noqa: S606

    def power(self, args: argparse.Namespace) -> int:
        """Ask the hypervisor to switch a node, and wait until it has done so."""
        node = nodes.find(self.where, args.node)
        path = node.home / "request"
        # In one step: the hypervisor may look at any moment.
        draft = path.with_suffix(".new")
        settings.write(draft, args.request)
        draft.rename(path)
        progress.until(lambda: not path.exists(), 30, f"the node is {args.request}")
        return 0

    def logs(self, args: argparse.Namespace) -> int:
        """List or print logs; those of the last run when the stand is down."""
        where = self.where.logs
        if not where.exists():
            where = self.where.state.parent / f"{self.where.name}.logs"
        if not args.service:
            for path in sorted(where.glob("*")):
                print(path)
            return 0
        path = where / f"{args.service.removesuffix('.log')}.log"
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(path.read_text(errors="replace"))
        return 0

    def journals(self, args: argparse.Namespace) -> int:
        """Export the journals of all nodes."""
        for node in nodes.all_nodes(self.where):
            pid = node.leader()
            if pid:
                subprocess.run(containers.enter(pid, "journalctl", "--sync"))
            node.save_journal()
            print(self.where.logs / f"{node.hostname}.journal.log")
        return 0

    def rootfs(self, args: argparse.Namespace) -> int:
        """Print the path of the node's root file system."""
        pip_settings.load(self.store).tell()
        host.install(self.store.root / "logs/apt.log")
        print(rootfs.node(self.store))
        return 0

    def clients(self, args: argparse.Namespace) -> int:
        """Print the path of the mail clients' root file system."""
        host.install(self.store.root / "logs/apt.log")
        print(clients.root(self.store))
        return 0

    def dkim(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of the judges of DKIM."""
        host.install(self.store.root / "logs/apt.log")
        print(dkim_judges.root(self.store))
        return 0

    def mailboxes(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of readers of mailboxes."""
        host.install(self.store.root / "logs/apt.log")
        print(mailbox_root.build(self.store))
        return 0

    def webmail(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of Roundcube."""
        host.install(self.store.root / "logs/apt.log")
        print(webmail_root.build(self.store))
        return 0

    def cyrus(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of Cyrus."""
        host.install(self.store.root / "logs/apt.log")
        print(cyrus_root.build(self.store))
        return 0

    def lab(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of judges and name servers."""
        host.install(self.store.root / "logs/apt.log")
        print(laboratory.root(self.store))
        return 0

    def thunderbird(self, args: argparse.Namespace) -> int:
        """Print the path of the root file system of Thunderbird."""
        host.install(self.store.root / "logs/apt.log")
        print(laboratory.thunderbird(self.store))
        return 0

    def venv(self, args: argparse.Namespace) -> int:
        """Print the path of an environment."""
        pip_settings.load(self.store).tell()
        host.install(self.store.root / "logs/apt.log")
        print(venvs.get(self.store, args.which))
        return 0

    def dns(self, args: argparse.Namespace) -> int:
        """Change a record."""
        if args.value is None and args.action != "delete":
            raise ValueError(f"dns {args.action} needs a value")
        internet.dns_change(
            self.where, [(args.action, args.owner, args.type, args.value)]
        )
        return 0

    def mail(self, args: argparse.Namespace) -> int:
        """Print messages."""
        found = internet.wait_messages(
            self.where, args.host, args.to, args.count, args.wait
        )
        sys.stdout.write(internet.dump(found))
        return 1 if args.wait and len(found) < args.count else 0

    def _facts(self) -> dict[str, tp.Any]:
        try:
            return self.stand.facts()
        except FileNotFoundError:
            raise LookupError(
                f"stand {self.where.name} is down: run `standctl up`"
            ) from None


def _pss(pid: int) -> int:
    """Return the proportional memory of a process in KiB."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0
