# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Exordos Core 0.3.5 on the stand: its real processes and a load balancer."""

import json
import os
import pathlib

from tests.stand import (
    machines,
    network,
    postgres,
    processes,
    progress,
    settings,
    venvs,
)

DATABASE = "exordos_core"
CONF = "/etc/exordos_core/exordos_core.conf"


class Core:
    """Core's machine, from configuration to answering requests."""

    def __init__(self, stand: settings.Settings, venv: pathlib.Path) -> None:
        self.stand, self.venv = stand, venv
        self.machine = machines.core(stand)
        self.env = stub_environment(stand)

    def configure(self, period: float | None) -> None:
        """Write the configuration and create the machine."""
        site, etc = venvs.site(self.venv), self.machine.etc
        values = {"CORE_IP": settings.CORE_IP, "PERIOD": period or 3}
        conf = settings.template("core/exordos_core.conf", values)
        settings.write(etc / "exordos_core/exordos_core.conf", conf)
        settings.write(
            etc / "exordos_core/logging.yaml",
            (site / "etc/exordos_core/logging.yaml").read_text(),
        )
        # The agent that serves the element manager: Core's own file.
        agent = (site / "etc/exordos_core/core_agent.conf.j2").read_text()
        for name in ("GC_PG_USER", "GC_PG_PASS", "GC_PG_DB"):
            agent = agent.replace("{{ " + name + " }}", DATABASE)
        settings.write(etc / "exordos_core_agent/core_agent.conf", agent)
        for name in ("scheduler", "repo_proxy", "universal_agent"):
            settings.write(
                etc / f"exordos_core_agent/{name}.conf",
                settings.template(f"core/{name}.conf", values),
            )
        # Core's DNS service writes a list of domains there.
        (etc / "dnsdist").mkdir(exist_ok=True)
        for name in ("node_set", "target_node_set", "core_agent"):
            path = self.machine.exordos / "exordos_core" / name
            path.mkdir(parents=True, exist_ok=True)
        settings.write(self.machine.exordos / "exordos_core/dhcpd.conf", "")
        self.machine.create()

    def migrate(self) -> None:
        """Apply the SDK's and Core's migrations."""
        site = venvs.site(self.venv)
        for path in (site / "gcl_sdk/migrations", site / "migrations"):
            progress.run(
                *self.machine.command(
                    self.venv / "bin/ra-apply-migration",
                    "--config-dir",
                    "/etc/exordos_core/",
                    "--path",
                    path,
                ),
                log=self.stand.logs / "core-migrations.log",
            )
        # Core's monitoring looks at pg_stat_*.
        postgres.sql(self.stand, DATABASE, f"grant pg_read_all_stats to {DATABASE}")

    def bootstrap(self) -> None:
        """Create the network and the machine pool."""
        net = {
            "network": {"name": "main", "cidr": settings.NETWORK, "dhcp": True},
            "boot_network": {
                "name": "boot",
                "cidr": settings.BOOT_NETWORK,
                "dhcp": True,
            },
        }
        progress.run(
            *self.machine.command(
                self.venv / "bin/python",
                settings.INSIDE / "bootstrap_core.py",
                "--config-file",
                CONF,
                env={"EXORDOS_STAND_NETWORK": json.dumps(net), **self.env},
            ),
            log=self.stand.logs / "core-bootstrap.log",
        )

    def start(self, period: float | None) -> None:
        """Start every process of Core and the load balancer."""
        for name in ("user-api", "orch-api", "status-api"):
            self._start(
                f"core-{name}", self.venv / f"bin/ec-{name}", "--config-file", CONF
            )
        env = {"EXORDOS_STAND_POOL": str(self.stand.pool_file)}
        if period:
            env["EXORDOS_STAND_PERIOD"] = str(period)
        self._start(
            "core-gservice",
            self.venv / "bin/python",
            settings.INSIDE / "core_gservice.py",
            "--config-file",
            CONF,
            env=env,
        )
        balancer = self.stand.run / "nginx.conf"
        values = {
            "RUN": self.stand.run,
            "LOGS": self.stand.logs,
            "CORE_IP": settings.CORE_IP,
            "CP_IP": settings.CP_IP,
            "GATEWAY_IP": settings.GATEWAY_IP,
            "REPOSITORY": self.stand.repository,
        }
        self.stand.repository.mkdir(exist_ok=True)
        settings.write(balancer, settings.template("nginx.conf", values))
        self._start(
            "core-lb", "nginx", "-e", self.stand.logs / "lb-error.log", "-c", balancer
        )

    def start_elements(self) -> None:
        """Start what carries out element manifests."""
        etc = pathlib.Path("/etc/exordos_core_agent")
        services = (
            ("scheduler", "exordos-universal-scheduler", (etc / "scheduler.conf",)),
            (
                "repo-proxy",
                "exordos-repo-proxy-gservice",
                (CONF, etc / "repo_proxy.conf"),
            ),
            ("agent", "exordos-universal-agent-db-back", (etc / "core_agent.conf",)),
            ("secrets", "exordos-universal-agent", (etc / "universal_agent.conf",)),
        )
        for name, program, files in services:
            options = [word for file in files for word in ("--config-file", file)]
            self._start(f"core-{name}", self.venv / "bin" / program, *options)

    def _start(
        self,
        name: str,
        *argv: str | os.PathLike[str],
        env: dict[str, str] | None = None,
    ) -> None:
        command = self.machine.command(*argv, env={**self.env, **(env or {})})
        processes.start(self.stand, name, command)

    def answers(self) -> bool:
        """Say whether Core's API answers through the load balancer."""
        return http_ok(
            self.stand, f"http://{settings.CORE_HOST}/api/core/v1/", settings.CORE_IP
        )


def http_ok(stand: settings.Settings, url: str, address: str) -> bool:
    """Say whether a GET inside the stand gives 2xx."""
    host = url.partition("//")[2].partition("/")[0]
    name, _, port = host.partition(":")
    done = progress.run(
        *network.inside(
            stand.netns,
            "curl",
            "-sf",
            "-m",
            "2",
            "-o",
            "/dev/null",
            "--resolve",
            f"{name}:{port or 80}:{address}",
            url,
        ),
        check=False,
    )
    return done.returncode == 0


def stub_environment(stand: settings.Settings) -> dict[str, str]:
    """Return what a machine's processes need so that "systemctl" reaches the stand."""
    path = os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
    return {
        "EXORDOS_STAND_QUEUE": str(queue(stand)),
        "PATH": f"{settings.FILES / 'stubs'}:{path}",
        "PYTHONDONTWRITEBYTECODE": "1",
        # A test runner's path would show the machines our work tree as installed.
        "PYTHONPATH": "",
    }


def queue(stand: settings.Settings) -> pathlib.Path:
    """Return the directory in which calls of "systemctl" wait to be served."""
    return stand.run / "systemctl"
