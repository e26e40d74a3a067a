# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The real exordos-metapaas user-api as a process of its own."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import typing as tp

import requests

from tests.integration.support import waiting

# As in the platform's etc/exordos_metapaas/logging.yaml: INFO, which is when
# its middleware writes every response body of 400 and more into the log.
_LOGGING = """\
version: 1
formatters:
  plain:
    format: '%(levelname)s %(name)s %(message)s'
handlers:
  console:
    class: logging.StreamHandler
    formatter: plain
    stream: ext://sys.stdout
root:
  handlers: [console]
  level: {level}
"""

_CONFIG = """\
[user_api]
bind_host = 127.0.0.1
bind_port = {port}
workers = {workers}
[db]
connection_url = {url}
[logging]
config = {logging}
"""


class UserApi:
    """The server process, two workers, with its log in a file.

    Args:
        database_url: database with the complete schema.
        workers: processes that share the port.
        log_level: level of the root logger.
        root: where `exordos_mail` and `tests` are imported from.
    """

    def __init__(
        self,
        database_url: str,
        workers: int = 2,
        log_level: str = "INFO",
        root: pathlib.Path = pathlib.Path(__file__).parents[3],
    ) -> None:
        self._root = root
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="mail-test-api."))
        self._database_url = database_url
        self._workers = workers
        self._log_level = log_level
        self._server: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start the server and wait until it answers."""
        port = waiting.free_port()
        self.url = f"http://127.0.0.1:{port}"
        logging = self._directory / "logging.yaml"
        logging.write_text(_LOGGING.format(level=self._log_level))
        config = self._directory / "user_api.conf"
        config.write_text(
            _CONFIG.format(
                port=port,
                url=self._database_url,
                workers=self._workers,
                logging=logging,
            )
        )
        # the workers become `nobody`
        self._directory.chmod(0o755)
        with open(self._directory / "log", "wb") as log:
            self._server = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.integration.support.launch_user_api",
                    "--config-file",
                    str(config),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._root,
                env={
                    **os.environ,
                    "PYTHONPATH": str(self._root),
                    "PYTHONUNBUFFERED": "1",
                },
                start_new_session=True,
            )
        waiting.until(self._answers, "the user-api to start")

    def stop(self) -> None:
        """End the server and its workers, by the id of their process group."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGTERM)
            try:
                self._server.wait(1)
            except subprocess.TimeoutExpired:
                os.killpg(self._server.pid, signal.SIGKILL)
                self._server.wait()
        shutil.rmtree(self._directory)

    def log(self) -> str:
        """Return everything that the server has written so far."""
        return (self._directory / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        server = tp.cast("subprocess.Popen[bytes]", self._server)
        if server.poll() is not None:
            raise RuntimeError(self.log())
        try:
            return requests.get(f"{self.url}/v1/", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False
