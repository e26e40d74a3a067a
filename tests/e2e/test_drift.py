# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is changed on the node by hand is repaired within two agent periods."""

import pytest

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources, waiting

#: Managed files whose content is always the same for the same instance.
FILES = {
    "passwd": "/etc/exim4/passwd",
    "passwd-cdb": "/etc/exim4/lookups/passwd/35.cdb",
    "hold-filter": "/etc/exim4/hold.filter",
    "dkim-key": "/etc/exim4/dkim/{domain}/{rsa}.key",
    "dkim-key-ed25519": "/etc/exim4/dkim/{domain}/{ed25519}.key",
    "dkim-record": "/etc/exim4/dkim/{rsa}.txt",
    "exim-conf": "/etc/exim4/exim4.conf",
    "mail-env": "/etc/exordos_metapaas/mail.env",
}
HARM = {
    "appended": "printf 'mallory@example.com:x\\n' >> {path}",
    "truncated": ": > {path}",
    "deleted": "rm {path}",
    "world-readable": "chmod 0666 {path}",
    "owner": "chown nobody:nogroup {path}",
    "directory": "rm {path}; mkdir {path}; touch {path}/x",
    "symlink": "rm {path}; ln -s /etc/hostname {path}",
}
#: Every file is edited and deleted; two of them suffer everything.
CASES = [
    (file, harm)
    for file in FILES
    for harm in HARM
    if harm in ("appended", "deleted") or file in ("passwd", "exim-conf")
]
EXIM = "exim4.service"


def placed(api: api_module.Api, instance: resources.Instance, path: str) -> str:
    """Return where a file of an instance is: each has selectors of its own."""
    selectors = {
        kind: key["selector"]
        for key in api.get(instance.path)["dkim_keys"]
        for kind in ("rsa", "ed25519")
        if f"k={kind};" in key["value"]
    }
    return path.format(domain=instance.domain, **selectors)


@pytest.mark.parametrize(("file", "harm"), CASES)
def test_managed_file_is_repaired(
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
    api: api_module.Api,
    file: str,
    harm: str,
) -> None:
    path = placed(api, instance, FILES[file])
    good = node.facts(path)
    assert good
    node.shell(HARM[harm].format(path=path))
    waiting.until(
        f"{path} is repaired",
        lambda: (
            node.run("test", "-L", path, check=False).returncode,
            node.facts(path),
        ),
        good=lambda now: now == (1, good),
    )
    steady.wait_code(235)


@pytest.mark.parametrize("harm", ["appended", "truncated", "deleted", "world-readable"])
@pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
def test_tls_files_are_repaired(
    steady: resources.Account, node: harness_module.Node, name: str, harm: str
) -> None:
    """The pair may be a new one; it has to fit, and to be in use."""
    path = f"/etc/exim4/tls/{name}"
    mode = node.shell(f"stat -c '%U:%G %a' {path}")
    node.shell(HARM[harm].format(path=path))
    fits = (
        f"stat -c '%U:%G %a' {path};"
        "openssl x509 -in /etc/exim4/tls/cert.pem -noout -pubkey | sha256sum;"
        "openssl pkey -in /etc/exim4/tls/key.pem -pubout | sha256sum"
    )

    def repaired() -> bool:
        lines = node.run("sh", "-c", fits, check=False).stdout.splitlines(True)
        return len(lines) == 3 and lines[0] == mode and lines[1] == lines[2]

    waiting.until(f"{path} is repaired", repaired)
    steady.wait_code(235)


def test_stray_files_are_removed(
    instance: resources.Instance, node: harness_module.Node
) -> None:
    """A key or lookup file that nobody asked for may be somebody's back door."""
    paths = [
        f"/etc/exim4/dkim/{instance.domain}/mallory.key",
        "/etc/exim4/lookups/mallory.cdb",
        "/etc/exim4/tls/mallory.pem",
    ]
    node.shell("touch " + " ".join(paths))
    waiting.until(
        "the stray files are gone",
        lambda: [p for p in paths if node.facts(p)],
        good=lambda left: not left,
    )


def test_whole_directory_is_repaired(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
) -> None:
    paths = [placed(api, instance, path) for path in FILES.values()]
    good = {path: node.facts(path) for path in paths}
    node.shell("rm -rf /etc/exim4 /etc/exordos_metapaas/mail.env")
    waiting.until(
        "everything is back",
        lambda: {path: node.facts(path) for path in paths},
        good=lambda now: now == good,
    )
    steady.wait_code(235)
    api.wait_active(instance.uuid)


@pytest.mark.parametrize(
    "harm",
    [
        "systemctl stop {unit}",
        "systemctl kill --signal=SIGKILL {unit}",
        "systemctl kill --signal=SIGTERM {unit}",
        "systemctl mask --runtime --now {unit}",
        "systemctl disable --now {unit}",
    ],
)
def test_exim_that_is_stopped_by_hand_runs_again(
    steady: resources.Account, node: harness_module.Node, harm: str
) -> None:
    before = node.unit_property(EXIM, "MainPID")
    try:
        node.run("sh", "-c", harm.format(unit=EXIM))
        waiting.until(
            "exim runs again",
            lambda: node.unit_property(EXIM, "MainPID"),
            good=lambda pid: pid not in ("0", before),
        )
        steady.wait_code(235)
    finally:
        node.run("systemctl", "unmask", "--runtime", EXIM)
        node.run("systemctl", "enable", EXIM)


def test_foreign_daemon_with_another_configuration_is_noticed(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    node: harness_module.Node,
) -> None:
    """exim is made to run an older file than the one on the disk."""
    node.shell(
        "cp -p /etc/exim4/exim4.conf /etc/good.conf;"
        "sed 's/revision=[0-9a-f]*/revision=0000/' /etc/good.conf"
        " > /etc/old.conf;"
        "cat /etc/old.conf > /etc/exim4/exim4.conf;"
        f"systemctl reload {EXIM};"
        "cp -p /etc/good.conf /etc/exim4/exim4.conf; rm /etc/good.conf /etc/old.conf"
    )
    waiting.until(
        "exim runs the right revision",
        lambda: (
            node.run(
                "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/587; head -1 <&3", check=False
            ).stdout
        ),
        good=lambda banner: "revision=" in banner and "revision=0000" not in banner,
    )
    steady.wait_code(235)
    api.wait_active(instance.uuid)
