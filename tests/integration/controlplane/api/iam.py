# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What Core's IAM answers to logins; its tokens are those that the tests make."""

import http.server
import json
import threading
import typing as tp
import urllib.parse
import uuid as sys_uuid

from tests.integration.support import tokens

PATH = "/v1/iam/clients/default/actions/get_token/invoke"
USER, PASSWORD, CODE = "ann", "hunter2", "123456"
REFRESH = "a-refresh-token"


class Iam:
    """Listens on a port of 127.0.0.1; knows one user, of one project."""

    def __init__(self, project: sys_uuid.UUID) -> None:
        #: Grant types in the order they were asked for.
        self.grants: list[str] = []
        #: Seconds that the next access tokens are good for.
        self.seconds = 3600
        self.refreshes = True
        self.wants_code = False
        self._project = project
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                body = self.rfile.read(size).decode()
                form = dict(urllib.parse.parse_qsl(body))
                code = self.headers.get("x-otp")
                status, found = outer._answer(self.path, form, code)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def scope(self) -> str:
        """Return what a token of the project is asked for with."""
        return f"project:{self._project}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(
        self, path: str, form: dict[str, str], code: str | None
    ) -> tuple[int, dict[str, tp.Any]]:
        self.grants.append(form.get("grant_type", ""))
        if path != PATH:
            return 404, {}
        if form["grant_type"] == "refresh_token":
            good = self.refreshes and form["refresh_token"] == REFRESH
        else:
            given = form["username"], form["password"], form["scope"]
            good = given == (USER, PASSWORD, self.scope)
        if not good:
            refused = {"error": "invalid_grant", "error_description": "Not accepted."}
            return 400, refused
        if self.wants_code and code != CODE and form["grant_type"] == "password":
            wanted = "OTP code required"
            return 401, {"error": "invalid_client", "error_description": wanted}
        access = tokens.make(self._project, expires_in=self.seconds)
        return 200, {"access_token": access, "refresh_token": REFRESH}
