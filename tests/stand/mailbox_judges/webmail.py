# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Roundcube: a stranger's webmail, which reads by IMAP and sends by submission.

Its pages are asked for as its own scripts do it: what it answers to them is JSON.
"""

import contextlib
import http.cookiejar
import json
import pathlib
import re
import socket
import subprocess
import time
import typing as tp
import urllib.error
import urllib.parse
import urllib.request

from tests.stand import judges
from tests.stand.mailbox_judges import place

PORT = 8091
WAIT = 30.0  # seconds until it answers
_CONFIGURATION = """\
<?php
$config['db_dsnw'] = 'sqlite:////tmp/roundcube.sqlite?mode=0640';
$config['imap_host'] = 'ssl://{host}:993';
$config['smtp_host'] = 'tls://{host}:587';
$config['imap_conn_options'] = $config['smtp_conn_options'] = [
  'ssl' => ['verify_peer' => true, 'verify_peer_name' => true, 'cafile' => '{ca}'],
];
$config['des_key'] = '0123456789abcdefghijklmn';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['log_driver'] = 'stdout';
$config['temp_dir'] = '/tmp';
$config['session_samesite'] = 'Lax';
"""
_START = """\
cp -r /etc/roundcube/. /tmp/config
cp /mnt/webmail.php /tmp/config/config.inc.php
export ROUNDCUBE_CONFIG_DIR=/tmp/config
php -r '$made = new SQLite3("/tmp/roundcube.sqlite");
  $made->exec(file_get_contents("/usr/share/roundcube/SQL/sqlite.initial.sql"));'
exec php -S 127.0.0.1:$1 -t /var/lib/roundcube/public_html
"""


class Webmail:
    """A browser at a Roundcube that runs.

    Args:
        port: where it listens, on this machine's loopback.
    """

    def __init__(self, port: int = PORT) -> None:
        self._url = f"http://127.0.0.1:{port}/"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(jar)
        self._token = ""

    def log_in(self, address: str, password: str) -> bool:
        """Say whether it lets an address in."""
        self._page(_task="login")
        form = {"_task": "login", "_action": "login", "_url": "", "_timezone": "UTC"}
        page = self._page(form | {"_user": address, "_pass": password})
        return '"task":"mail"' in page

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Return the subjects of a folder's messages."""
        told = self._page(_task="mail", _action="list", _mbox=folder, _remote="1")
        calls = re.findall(r"add_message_row\((.*?\})", json.loads(told)["exec"])
        rows = [json.loads(one.partition(",")[2]) for one in calls]
        return [re.sub(r"<.*?>", "", one["subject"]).strip() for one in rows]

    def send(self, to: str, subject: str) -> str:
        """Send a message; return what it says."""
        page = self._page(_task="mail", _action="compose")
        (compose,) = set(re.findall(r'"compose_id":"(\w+)"', page))
        (sender, *_) = re.findall(r'name="_from"[^>]*>\s*<option value="(\d+)"', page)
        form = {"_task": "mail", "_action": "send", "_id": compose, "_from": sender}
        form |= {"_to": to, "_subject": subject, "_message": "A line.", "_remote": "1"}
        form |= {"_store_target": "Sent", "_is_html": "0", "_framed": "1"}
        return self._page(form)

    def _page(self, form: tp.Mapping[str, str] | None = None, **query: str) -> str:
        url = f"{self._url}?{urllib.parse.urlencode(query)}"
        data = None
        if form is not None:
            data = urllib.parse.urlencode({**form, "_token": self._token}).encode()
        request = urllib.request.Request(url, data)  # noqa: S310
        request.add_header("X-Roundcube-Request", self._token)
        request.add_header("X-Requested-With", "XMLHttpRequest")
        try:
            with self._browser.open(request, timeout=60) as answer:
                page = str(answer.read().decode())
        except urllib.error.HTTPError as error:
            # A login that is refused.
            page = error.read().decode()
        if found := re.search(r'"request_token":"(\w+)"', page):
            self._token = found[1]
        return page


@contextlib.contextmanager
def running(
    root: pathlib.Path, files: pathlib.Path, box: place.Box
) -> tp.Iterator[None]:
    """Have a Roundcube for the server of a mailbox, for as long as the block runs."""
    text = _CONFIGURATION.format(host=box.host, ca=box.ca_seen)
    (files / "webmail.php").write_text(text)
    command = judges.command(root, files, "sh", "-ec", _START, "sh", str(PORT))
    apart = ["unshare", "--pid", "--fork", "--kill-child=KILL", *command]
    with (files / "webmail.log").open("wb") as log:
        process = subprocess.Popen(apart, stdout=log, stderr=log)
    try:
        _wait(process)
        yield
    finally:
        process.kill()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + WAIT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", PORT)).close()
            return
        time.sleep(0.2)
    raise RuntimeError("Roundcube does not answer")
