#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The files of the data directory that hold secrets."""

import os
import pathlib
import secrets
import typing as tp

from exordos_mail.send import vault

_TOKEN = "admin-token"  # noqa: S105 a file's name
_METRICS = "metrics-token"
_KEY = "secrets.key"


def admin_token(data: pathlib.Path) -> tuple[str, bool]:
    """Return the admin token, and whether it is new."""
    text, new = _once(data / _TOKEN, lambda: "exa_" + secrets.token_urlsafe(32))
    return text.strip(), new


def metrics_token(data: pathlib.Path) -> str:
    """Return the token that reads the metrics and nothing else."""
    return _once(data / _METRICS, lambda: "exp_" + secrets.token_urlsafe(32))[0].strip()


def secrets_key(data: pathlib.Path) -> bytes:
    """Return the key of the database's secrets, made when there is none.

    Raises:
        ValueError: the file holds something else.
    """
    text, _ = _once(data / _KEY, lambda: secrets.token_hex(vault.KEY_BYTES))
    key = bytes.fromhex(text.strip())
    if len(key) != vault.KEY_BYTES:
        raise ValueError(f"{data / _KEY} does not hold {vault.KEY_BYTES} bytes in hex")
    return key


def make_directory(data: pathlib.Path) -> None:
    """Make the data directory, for its owner only."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)


def _once(path: pathlib.Path, make: tp.Callable[[], str]) -> tuple[str, bool]:
    """Return a file's text, written first if there is none."""
    text = make() + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Two processes that start together agree on one file.
        os.link(draft, path)
    except FileExistsError:
        return path.read_text(), False
    finally:
        draft.unlink()
    return text, True
