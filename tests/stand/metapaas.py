# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""MetaPaaS 1.3.0 on the stand: machine metapaas-cp with our plugin."""

import os
import pathlib
import signal
import typing as tp

from tests.stand import (
    acme,
    core,
    internet,
    machines,
    postgres,
    processes,
    progress,
    settings,
    venvs,
)

DATABASE = "metapaas"
CONF_DIR = "/etc/exordos_metapaas"
SERVICES = ("user-api", "orch-api", "status-api", "gservice")
# Carries out what manifests declare here.
CORE_AGENT = "core-agent"
# An object of the right size; the tokens of this stand are not encrypted with it.
JWKS_KEY = "A" * 43
UPDATE_KEY_FILE = "/etc/exordos_mail_dns_update.key"


class MetaPaaS:
    """metapaas-cp, from configuration to answering requests."""

    def __init__(
        self, stand: settings.Settings, venv: pathlib.Path, cp_venv: pathlib.Path
    ) -> None:
        self.stand, self.venv, self.core_venv = stand, venv, cp_venv
        self.machine = machines.control(stand)
        env = core.stub_environment(stand)
        self.env = {
            "UV_CACHE_DIR": str(self.machine.home / "uv-cache"),
            **env,
            "PATH": f"{env['PATH'].partition(':')[0]}:{venv}/bin:"
            f"{env['PATH'].partition(':')[2]}",
        }

    def configure(self, period: float | None, with_acme: bool = False) -> None:
        """Create the machine with its own layer over the environment."""
        etc = self.machine.etc / "exordos_metapaas"
        etc.mkdir(parents=True, mode=0o755)
        (self.machine.exordos / "exordos_metapaas/core_agent").mkdir(parents=True)
        (self.machine.exordos / "universal_agent").mkdir(parents=True)
        site = venvs.site(self.core_venv)
        logging = (site / "etc/exordos_core/logging.yaml").read_text()
        settings.write(
            etc / "logging.yaml",
            logging.replace(
                "  exordos_core: {}", "  exordos_metapaas: {}\n  exordos_mail: {}"
            ),
        )
        override = settings.template(
            "metapaas-override.conf",
            {
                "CP_IP": settings.CP_IP,
                "NETWORK": settings.NETWORK,
                "DNS_IP": settings.DNS_IP,
                "RESOLVER_IP": settings.RESOLVER_IP,
                "UPDATE_KEY_FILE": UPDATE_KEY_FILE,
            },
        )
        key = internet.update_key(self.stand)
        settings.write(
            self.machine.etc / UPDATE_KEY_FILE.rpartition("/")[2], key, 0o600
        )
        if with_acme:
            override += acme.options()
            ca = (acme.files(self.stand) / "crt").read_text()
            settings.write(self.machine.etc / acme.CA_FILE.rpartition("/")[2], ca)
        if period:
            override += settings.template("metapaas-period.conf", {"PERIOD": period})
        # No registry can be reached from here: what is installed must do.
        settings.write(self.machine.etc / "uv/uv.toml", "no-index = true\n")
        # Outside CONF_DIR: `--config-dir` would read it before the rendered file.
        settings.write(self.machine.etc / "exordos_metapaas_stand.conf", override)
        self.machine.create(self.venv)

    def install_plugin(self, tree: pathlib.Path) -> None:
        """Install a work tree as the platform installs a plugin's wheel."""
        source = self.machine.home / "plugin-source"
        copy_package(tree, source)
        progress.run(
            *self.machine.command(
                self.venv / "bin/pip",
                "--isolated",
                "install",
                "-q",
                "--no-deps",
                "--no-index",
                "--no-build-isolation",
                "--force-reinstall",
                source,
                env={**self.env, "PIP_CONFIG_FILE": os.devnull},
            ),
            log=self.stand.logs / "plugin-install.log",
        )

    def render(self) -> None:
        """Let MetaPaaS render its own configuration."""
        env = {
            **self.env,
            "IAM_USER_NAME": settings.METAPAAS_USER,
            "IAM_USER_PASS": settings.METAPAAS_PASSWORD,
            "PROJECT_ID": settings.PROJECT_ID,
            "GC_HS256_JWKS_ENCRYPTION_KEY": JWKS_KEY,
            "AUDIENCE": "GenesisCoreClientId",
            "GC_PG_USER": DATABASE,
            "GC_PG_PASS": DATABASE,
            "GC_PG_DB": DATABASE,
        }
        command = self.machine.command(
            self.venv / "bin/exordos-metapaas-render-config", env=env
        )
        progress.run(*command, log=self.stand.logs / "metapaas-render.log")

    def migrate(self, plugin: bool) -> None:
        """Apply the migrations of the SDK, of MetaPaaS and of the plugin."""
        packages = [
            "gcl_sdk",
            "exordos_metapaas",
            *(["exordos_mail"] if plugin else []),
        ]
        for package in packages:
            path = venvs.site(self.venv) / package / "migrations"
            progress.run(
                *self.machine.command(
                    self.venv / "bin/ra-apply-migration",
                    "--config-dir",
                    f"{CONF_DIR}/",
                    "--path",
                    path,
                    env=self.env,
                ),
                log=self.stand.logs / "metapaas-migrations.log",
            )

    def register_version(self) -> None:
        """Register the mail version, as the element's manifest would."""
        postgres.sql(
            self.stand,
            DATABASE,
            "insert into mail_versions (uuid, name, description, image, created_at, "  # noqa: S608
            f"updated_at) values ('{settings.VERSION_UUID}', '{settings.VERSION_NAME}',"
            " 'the image of this work tree', 'http://image.test/mail-dp.raw.zst', "
            "now(), now()) on conflict do nothing",
        )

    def trust(self, anchors: tp.Iterable[str]) -> None:
        """Have nodes trust the fake internet's root; read by what is started later."""
        option = f"[mail]\nnode_trust_anchors = {', '.join(anchors)}\n"
        # From the inside: the file is in an overlay by now.
        script = 'printf "\\n%s" "$1" >> /etc/exordos_metapaas_stand.conf'
        progress.run(*self.machine.command("sh", "-c", script, "sh", option))

    def start(self, name: str) -> None:
        """Start one of SERVICES or CORE_AGENT (or start it again)."""
        if name == CORE_AGENT:
            program, files = "universal-agent-db-back", (f"{CONF_DIR}/core_agent.conf",)
        else:
            program, files = (
                f"metapaas-{name}",
                (
                    f"{CONF_DIR}/exordos_metapaas.conf",
                    "/etc/exordos_metapaas_stand.conf",
                ),
            )
        command = self.machine.command(
            self.venv / f"bin/exordos-{program}",
            *(word for file in files for word in ("--config-file", file)),
            env=self.env,
        )
        processes.start(self.stand, f"metapaas-{name}", command)

    def answers(self) -> bool:
        """Say whether the user API answers."""
        return core.http_ok(
            self.stand, f"http://{settings.CP_HOST}:8080/v1/", settings.CP_IP
        )


def copy_package(tree: pathlib.Path, target: pathlib.Path) -> None:
    """Copy what the package is built from: the build must not write into the tree."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("exordos_mail", "pyproject.toml", "README.md"):
        path = tree / name
        if path.exists():
            progress.run("cp", "-a", path, target)
    (target / "README.md").touch()


def seed_keys(stand: settings.Settings, key: str) -> None:
    """Give Core and metapaas-cp their node key, as their own installation does.

    Without a row in ua_node_encryption_keys an agent never registers; it says so
    only as a warning.
    """
    for machine in (machines.core(stand), machines.control(stand)):
        path = machine.exordos / "universal_agent/private_key"
        settings.write(path, key, 0o600)
    insert = "insert into ua_node_encryption_keys (uuid, private_key) values "
    cp = f"('{settings.CP_UUID}', '{key}')"
    own = f"('{settings.CORE_UUID}', '{key}')"
    postgres.sql(stand, DATABASE, insert + cp)
    postgres.sql(stand, core.DATABASE, f"{insert}{cp}, {own}")


def systemctl(stand: settings.Settings, platform: MetaPaaS, argv: list[str]) -> None:
    """Do what a service of the platform asks of "systemd".

    ``kill -s SIGUSR1 UNIT`` signals the whole group, ``restart UNIT...`` starts a
    service again; other units (the DHCP server) do not exist here.
    """
    words = [a for a in argv if not a.startswith("-")]
    units = {f"exordos-metapaas-{s}": s for s in (*SERVICES, CORE_AGENT)}
    for word in words[1:]:
        service = units.get(word.removesuffix(".service"))
        if service is None:
            continue
        record = processes.Record.load(
            processes.record_path(stand, f"metapaas-{service}")
        )
        if words[0] == "kill" and record:
            record.kill(signal.SIGUSR1)
        elif words[0] == "restart" and record:
            processes.stop([record])
            platform.start(service)
