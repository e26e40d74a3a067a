# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Virtual environments of the stand, one per party.

``core`` and ``platform`` are what the platform's machines have, ``client`` is
what a user has, ``dev`` is for unit and integration tests and the linters.  Our
own package is in none of them: `up` installs it from the work tree.
"""

import os
import pathlib
import typing as tp

from tests.stand import cache, host, pip_settings, progress, settings

REQUIREMENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "core": ("core", ("exordos_core", "setuptools", "wheel")),
    "platform": (
        "platform",
        (
            "exordos_metapaas",
            "libpass",
            "Jinja2",
            "cryptography",
            "websockets",
            "acme",
            "prometheus-client",
            "pyspf",
            "setuptools",
            "wheel",
            "uv",
        ),
    ),
    # The send service alone: what its own wheel depends on, and its extra send-cli.
    "send": (
        "platform",
        (
            "psycopg[binary,pool]",
            "starlette",
            "uvicorn",
            "uvloop",
            "httptools",
            "msgspec",
            "cryptography",
            "click",
            "httpx",
            "fsspec",
            "standardwebhooks",
            "prometheus-client",
            "idna",
            "PyYAML",
        ),
    ),
    "client": (
        "client",
        ("exordos", "pytest", "requests", "dkimpy[ed25519]", "dnspython", "hypothesis"),
    ),
    # Judges of the demo of domains; each wants another cryptography.
    "checkdmarc": ("checkdmarc", ("checkdmarc",)),
    "sslyze": ("sslyze", ("sslyze",)),
    # Reads bounces, as a judge of the send service.
    "flufl": ("flufl", ("flufl.bounce",)),
    # Drives Thunderbird, which judges in the same demo.
    "marionette": ("marionette", ("marionette_driver",)),
    "dev": (
        "platform",
        (
            "exordos_metapaas",
            "libpass",
            "Jinja2",
            "cryptography",
            "websockets",
            "acme",
            "setuptools",
            "wheel",
            "pytest",
            "requests",
            "dkimpy[ed25519]",
            "dnspython",
            "pyspf",
            "hypothesis",
            "schemathesis",
            "ruff",
            "mypy",
            "import-linter",
            "tox",
            # The send service and what its tests talk to.
            "psycopg[binary,pool]",
            "starlette",
            "uvicorn",
            "uvloop",
            "httptools",
            "msgspec",
            "httpx",
            "fsspec",
            "standardwebhooks",
            "prometheus-client",
            "aiosmtpd",
            # S3 storages of attachments, and a server that speaks S3.
            "s3fs",
            "moto[s3]",
            "flask",
            "flask-cors",
        ),
    ),
}


def get(store: cache.Cache, name: str) -> pathlib.Path:
    """Return the environment's directory, building it when its inputs changed."""
    constraint, wanted = REQUIREMENTS[name]
    constraints = settings.REPO / "constraints" / f"{constraint}.txt"
    interpreter = host.python()
    version = progress.run(interpreter, "--version").stdout.strip()
    digest = cache.key(constraints.read_text(), " ".join(wanted), version, interpreter)

    def build(path: pathlib.Path) -> None:
        pip = new(store, path, constraints, store.log(f"venv-{name}"))
        pip("install", "-q", *wanted)

    return store.get(f"venv-{name}", digest, f"Python environment {name}", build)


def new(
    store: cache.Cache,
    path: pathlib.Path,
    constraints: pathlib.Path,
    log: pathlib.Path,
) -> tp.Callable[..., None]:
    """Make an environment with pip and return its pip: a command and its arguments.

    That pip obeys the machine's settings and installs what ``constraints`` pins.
    """
    env = pip_settings.load(store).environment()
    progress.run(host.python(), "-m", "venv", path, log=log, env=env)

    def pip(command: str, *argv: str | os.PathLike[str]) -> None:
        program = path / "bin" / "pip"
        progress.run(program, command, "-c", constraints, *argv, log=log, env=env)

    # An old pip forgets the CA bundle in its isolated builds.
    pip("install", "-q", "--upgrade", "pip")
    return pip


def site(venv: pathlib.Path) -> pathlib.Path:
    """Return the directory of an environment's packages."""
    return next((venv / "lib").glob("python3.*")) / "site-packages"
