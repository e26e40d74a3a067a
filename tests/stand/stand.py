# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bring a whole stand up and take it down again, also after a crash."""

import base64
import concurrent.futures
import json
import os
import pathlib
import secrets
import time
import typing as tp

from tests.stand import (
    cache,
    containers,
    core,
    elements,
    host,
    hypervisor,
    iam,
    internet,
    laboratory,
    machines,
    metapaas,
    network,
    nodes,
    postgres,
    processes,
    progress,
    rootfs,
    settings,
    venvs,
)


class Stand:
    """One stand and the built things that it stands on."""

    def __init__(self, stand: settings.Settings) -> None:
        self.settings = stand
        self.store = cache.Cache(stand.cache)

    @property
    def lock(self) -> tp.ContextManager[None]:
        """One `up` or `down` at a time."""
        return cache.locked(self.settings.state.parent / f"{self.settings.name}.lock")

    def prepare(self, tree: pathlib.Path = settings.REPO) -> dict[str, pathlib.Path]:
        """Build whatever is missing; return the paths by name.

        Args:
            tree: work tree of our package; its node image is built.
        """
        host.install(self.store.root / "logs/apt.log")
        jobs: dict[str, tp.Callable[[], pathlib.Path]] = {
            "node": lambda: rootfs.node(self.store, tree),
            "internet-exim": lambda: rootfs.internet(self.store, "exim"),
            "internet-postfix": lambda: rootfs.internet(self.store, "postfix"),
        }
        for name in ("core", "platform", "client"):
            jobs[name] = lambda name=name: venvs.get(self.store, name)  # type: ignore
        # Two lanes: root file systems and Python environments.
        lanes = [
            [n for n in jobs if n.startswith(("node", "inter"))],
            [n for n in jobs if not n.startswith(("node", "inter"))],
        ]
        with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
            results = pool.map(lambda lane: [(n, jobs[n]()) for n in lane], lanes)
            return dict(pair for lane in results for pair in lane)

    def up(
        self,
        period: float | None,
        plugin: bool = True,
        tree: pathlib.Path = settings.REPO,
        with_acme: bool = False,
    ) -> None:
        """Start everything from nothing; what a crashed stand left is removed first."""
        with self.lock:
            built = self.prepare(tree)
            if with_acme:
                built["lab"] = laboratory.root(self.store)
            begin = time.monotonic()
            self._clean()
            stand = self.settings
            for path in (stand.logs, core.queue(stand), stand.nodes):
                path.mkdir(parents=True)
            facts = {
                "period": period,
                "plugin": str(tree) if plugin else None,
                **{name: str(path) for name, path in built.items()},
            }
            settings.write(stand.state / "stand.json", json.dumps(facts, indent=1))
            network.up(stand)
            progress.say("networks are there; starting PostgreSQL, Core, MetaPaaS")
            self._platform(built, period, tree if plugin else None)
            progress.say(
                f"stand {stand.name} is up in {time.monotonic() - begin:.1f} s"
            )

    def _platform(
        self,
        built: dict[str, pathlib.Path],
        period: float | None,
        tree: pathlib.Path | None,
    ) -> None:
        stand = self.settings
        self._client()
        the_core = core.Core(stand, built["core"])
        platform = metapaas.MetaPaaS(stand, built["platform"], built["core"])
        the_core.configure(period)
        platform.configure(period, with_acme="lab" in built)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            net = pool.submit(internet.Internet(stand, built).up)
            install = pool.submit(platform.install_plugin, tree) if tree else None
            postgres.up(stand, (core.DATABASE, metapaas.DATABASE))
            core_ready = pool.submit(the_core.migrate)
            if install:
                install.result()
            platform.render()
            platform.migrate(plugin=tree is not None)
            core_ready.result()
            progress.say("databases are migrated")
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            metapaas.seed_keys(stand, key)
            if tree:
                platform.register_version()
            the_core.bootstrap()
            the_core.start(period)
            progress.until(the_core.answers, 60, "Core answers")
            progress.say("Core answers")
            iam.seed(stand, plugin=tree is not None)
            net.result()
            platform.trust(internet.trust_anchors(stand))
            for name in metapaas.SERVICES:
                platform.start(name)
            self.start_hypervisor()
            the_core.start_elements()
            platform.start(metapaas.CORE_AGENT)
            progress.until(platform.answers, 60, "MetaPaaS answers")
            progress.say("MetaPaaS answers")
            if not tree:
                elements.install_platform(stand, built["client"])
                progress.say("the platform's elements are installed")

    def _client(self) -> None:
        """Make a client's place, with a home that the command line is set up in."""
        client = machines.client(self.settings)
        client.create()
        values = {
            "ENDPOINT": settings.variables(self.settings)["EXORDOS_ENDPOINT"],
            "USER": settings.USER,
            "PASSWORD": settings.USER_PASSWORD,
            "PROJECT": settings.PROJECT_ID,
        }
        config = settings.template("exordosctl.yaml", values)
        settings.write(client.home / "user/.exordos/exordosctl.yaml", config, 0o600)

    def start_hypervisor(self) -> None:
        """Start the daemon that runs the nodes (it reads stand.json)."""
        stand = self.settings
        variables = settings.variables(stand)
        env = {
            **os.environ,
            **{k: v for k, v in variables.items() if k.startswith("EXORDOS_STAND")},
            "PYTHONPATH": str(settings.REPO),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        argv = [host.python(), "-m", hypervisor.__name__]
        processes.start(stand, "hypervisor", network.inside(stand.netns, *argv), env)

    def down(self) -> None:
        """Stop everything in order, then sweep; the logs of this run stay."""
        with self.lock:
            begin = time.monotonic()
            self._clean()
            progress.say(
                f"stand {self.settings.name} is down ({time.monotonic() - begin:.1f} s)"
            )

    def _clean(self) -> None:
        stand = self.settings
        records = processes.records(stand)
        # The hypervisor first: it powers the nodes off. The database last.
        order = ("hypervisor", "", "postgres")
        for turn in order:
            group = [
                r
                for r in records
                if (r.name == turn if turn else r.name not in order) and r.alive
            ]
            grace = 25.0 if turn == "hypervisor" else 8.0
            for name in processes.stop(group, grace):
                progress.say(f"{name} did not stop by itself")
        stubborn = processes.sweep(stand)
        if stubborn:
            raise RuntimeError(f"processes that would not die: {stubborn}")
        for node in nodes.all_nodes(stand):
            node.save_journal()
        machines.down(stand)
        network.down(stand)
        containers.forget(stand)
        if stand.state.exists():
            logs = stand.state.parent / f"{stand.name}.logs"
            cache.remove(logs)
            if stand.logs.exists():
                stand.logs.rename(logs)
            cache.remove(stand.state)

    def facts(self) -> dict[str, tp.Any]:
        """Return what `up` was called with; FileNotFoundError when it is down."""
        return self.settings.facts()
