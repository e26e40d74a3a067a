# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The demo of outcomes: what the sender hears is what the recipients' hosts have said.

Runs where a client stands. The hosts are the stand's exim and Postfix and one that
answers by script; the judge is what they themselves have said and kept. Each claim ends
as a line `PASS …` or `FAIL …`; the exit status is 1 if one of them fails.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import secrets
import subprocess
import sys
import threading
import time
import typing as tp
import urllib.error
import urllib.request

from tests.stand import claims as claims_lib
from tests.stand import demo_client as client
from tests.stand import odd_host, settings

LISTENS, HOOK_PORT = "198.51.100.1", 8443
IN_TIME = 5.0  # seconds from the remote's answer until the sender has heard of it
FORGED = 1_000
Json = tp.Any

#: Recipient at the host of the script -> state, and what the code is.
ODD = {
    "ok": ("delivered", 250, "2.0.0"),
    "refused": ("bounced", 550, "5.1.1"),
    "full": ("bounced", 552, "5.2.2"),
    "listed": ("bounced", 554, "5.7.1"),
    "spam": ("bounced", 554, "5.7.1"),
    "later": ("delayed", 451, "4.7.1"),
}
CLASSES = {
    "refused": "recipient",
    "full": "mailbox-full",
    "listed": "reputation",
    "spam": "content",
}


class Hook(http.server.ThreadingHTTPServer):
    """The tenant's webhook: keeps events whose signature holds, and when they came."""

    daemon_threads = True

    def __init__(self, secret: bytes) -> None:
        super().__init__((settings.GATEWAY_IP, HOOK_PORT), _Post)
        self.secret = secret
        self.heard: list[tuple[float, Json]] = []
        self.forged = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Post(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook = tp.cast(Hook, self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = ".".join(self.headers[f"webhook-{one}"] for one in ("id", "timestamp"))
        digest = hmac.digest(hook.secret, signed.encode() + b"." + body, hashlib.sha256)
        if f"v1,{base64.b64encode(digest).decode()}" not in self.headers[
            "webhook-signature"
        ].split(" "):
            hook.forged += 1
        else:
            events = json.loads(body)["data"]["events"]
            hook.heard += [(time.time(), one) for one in events]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Story:
    """A customer with an instance, an account and a tenant."""

    def __init__(self) -> None:
        self.api = client.Api(client.token())
        self.tag = secrets.token_hex(3)
        self.domain = f"outcome-{self.tag}.example.org"
        self.odd = f"odd-{self.tag}.example.org"
        self.password = secrets.token_urlsafe(12)
        self.hook_secret = secrets.token_bytes(32)
        self.key = ""
        self.path, self.host = "", ""

    @property
    def sender(self) -> str:
        return f"ann@{self.domain}"

    def start(self) -> None:
        """Bring all of it up, and what an earlier demo left down."""
        for one in self.api.call("GET", "/instances/"):
            if one["name"].startswith("demo-outcome-"):
                self.api.call("DELETE", f"/instances/{one['uuid']}")
        version = self.api.call("GET", "/versions/")[0]
        body = {
            "name": f"demo-outcome-{self.tag}",
            "project_id": client.PROJECT,
            "domain": self.domain,
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": f"/v1/types/mail/versions/{version['uuid']}",
        }
        uuid = self.api.call("POST", "/instances/", body)["uuid"]
        self.path = f"/instances/{uuid}"

        def active() -> Json:
            found = self.api.call("GET", self.path)
            return found if found["status"] == "ACTIVE" else None

        instance = client.until("the instance is ACTIVE", active)
        self.host = instance["ipv4"]
        client.publish(self.domain, self.host, instance["dkim_keys"])
        for name, kind, value in (
            (self.odd, "MX", f"10 mx.{self.odd}."),
            (f"mx.{self.odd}", "A", LISTENS),
        ):
            subprocess.run(
                [client.STANDCTL, "dns", "set", name, kind, value], check=True
            )
        common = {"project_id": client.PROJECT}
        account = {"username": "ann", "password": self.password, **common}
        account["instance"] = f"/v1/types/mail{self.path}"
        self.api.call("POST", f"{self.path}/accounts/", account)
        tenant = {
            "id": "shop",
            "callback_url": f"http://{settings.GATEWAY_IP}:{HOOK_PORT}/",
            "callback_auth": "signature",
            "callback_secret": "whsec_" + base64.b64encode(self.hook_secret).decode(),
            **common,
        }
        found = self.api.call("POST", f"{self.path}/tenants/", tenant)
        keys = f"{self.path}/tenants/{found['uuid']}/api_keys/"
        scopes = {"name": "demo", "scopes": ["send", "read", "manage"], **common}
        self.key = self.api.call("POST", keys, scopes)["key"]
        client.until("the account can log in", lambda: self.submit(None))
        client.until("the tenant's key opens", lambda: self.http("GET", "/v1/messages"))

    def submit(self, to: str | None) -> bool:
        """Send a message as the account, or log in only."""
        message = client.compose(self.sender, to) if to else None
        return client.submit(self.host, self.sender, self.password, message)

    def http(
        self, method: str, path: str, body: bytes | Json = None, kind: str = ""
    ) -> Json:
        """Call the send service as the tenant; None: it does not take the key yet."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        request = urllib.request.Request(
            f"https://{self.host}{path}",
            data=data.encode() if isinstance(data, str) else data,
            method=method,
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": kind or "application/json",
            },
        )
        try:
            with urllib.request.urlopen(  # noqa: S310
                request, timeout=30, context=client.trust()
            ) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # The first tenant starts the service.
            if error.code in (401, 404, 502, 503):
                return None
            raise
        except urllib.error.URLError:
            return None

    def post(self, to: list[str]) -> str:
        """Send a message as the tenant; return its id."""
        body = {"from": f"shop@{self.domain}", "to": to, "subject": "x", "text": "x"}
        return str(self.http("POST", "/v1/messages", body)["id"])

    def deliveries(self, to: str) -> list[Json]:
        """Return what the platform shows of a recipient."""
        return list(self.api.call("GET", f"{self.path}/deliveries/?recipient={to}"))

    def log(self, word: str) -> str:
        """Return the lines of the node's own log with a word."""
        uuid = self.path.rpartition("/")[2]
        grep = ["grep", "-hF", word, "/var/log/exim4/mainlog"]
        command = [client.STANDCTL, "node", uuid, "--", *grep]
        return subprocess.run(command, capture_output=True, text=True).stdout


def _moment(text: str) -> float:
    """Return the seconds since 1970 of a time as the API writes it (UTC)."""
    import datetime

    found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.replace(tzinfo=found.tzinfo or datetime.timezone.utc).timestamp()


def _by_smtp(story: Story, name: str, domain: str, wanted: tuple[str, int, str]) -> str:
    """Send as the account; say what is wrong with what the platform shows of it."""
    to = f"{name}@{domain}"
    story.submit(to)
    found = client.until(f"a delivery to {to}", lambda: story.deliveries(to))[0]
    heard = time.time() - _moment(found["at"])
    got = (found["state"], found["code"], found["enhanced"])
    if got != wanted:
        return f"{got} instead of {wanted}: {found['reply']}"
    if found["login"] != story.sender:
        return f"it is of {found['login']}"
    return "" if heard <= IN_TIME else f"it took {heard:.1f} s"


def _by_http(story: Story, hook: Hook) -> dict[str, Json]:
    """Send as the tenant; return the events by the recipient's name."""
    # One message each: a refusal after the message is for all of its recipients.
    ids = {story.post([f"{name}@{story.odd}"]) for name in ODD}
    found: dict[str, Json] = {}

    def all_heard() -> bool:
        for at, event in hook.heard:
            kind = event["type"]
            if event["message_id"] in ids and kind not in ("accepted", "sent"):
                name = event["recipient"].partition("@")[0]
                found.setdefault(name, {**event, "heard": at})
        return len(found) == len(ODD)

    client.until("the webhook hears of all recipients", all_heard)
    return found


def _event(name: str, event: Json) -> str:
    """Say what is wrong with what the webhook heard of a recipient."""
    details = event["details"]
    got = (event["type"], details["code"], details["enhanced"])
    if got != ODD[name]:
        return f"{got} instead of {ODD[name]}"
    if details.get("class") != CLASSES.get(name):
        return f"class {details.get('class')} instead of {CLASSES.get(name)}"
    took = event["heard"] - _moment(details["happened_at"])
    return "" if took <= IN_TIME else f"it took {took:.1f} s"


def _suppressed(story: Story) -> str:
    found = story.http("GET", "/v1/suppressions")["suppressions"]
    listed = [one["address"] for one in found]
    return "" if listed == [f"refused@{story.odd}"] else f"suppressed are {listed}"


def _forged(story: Story, hook: Hook) -> str:
    """Forged bounces and complaints of many messages and addresses change nothing."""
    before = len(hook.heard)
    for number in range(FORGED):
        made = f"01a2296c-{number:04x}-7000-8000-{secrets.token_hex(6)}"
        text = (
            "From: MAILER-DAEMON@mx.example\r\nSubject: failed\r\n"
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
            f"Final-Recipient: rfc822; ok@{story.odd}\r\nAction: failed\r\n"
            "Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"X-Exordos-Mail-ID: {made}\r\nMessage-ID: <{made}@x>\r\n\r\n--b--\r\n"
        )
        said = story.http("POST", "/v1/bounces", text.encode(), "message/rfc822")
        if any(one["event"] or one["suppressed"] for one in said["found"]):
            return f"number {number} was believed: {said}"
    if len(hook.heard) != before:
        return "the webhook heard of something"
    return _suppressed(story)


def _traced(story: Story) -> str:
    """One id leads through exim's log, the remote's mail and what the sender sees."""
    to = f"trace-{story.tag}@{os.environ['EXORDOS_STAND_MX1_DOMAIN']}"
    message_id = story.post([to])

    def outcome() -> Json:
        found = story.http("GET", f"/v1/messages/{message_id}")["events"]
        return [one for one in found if one["type"] == "delivered"]

    event = client.until("it is delivered", outcome)[0]
    queue_id = event["details"]["queue_id"]
    shown = subprocess.run(
        [client.STANDCTL, "mail", os.environ["EXORDOS_STAND_MX1"], "--to", to],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if message_id not in story.log(queue_id):
        return f"{queue_id} in exim's log does not lead to {message_id}"
    if queue_id not in shown or message_id not in shown:
        return "the remote's copy has not both ids"
    return "" if "send.invalid" not in shown else "the remote sees whose message it is"


def main() -> int:
    """Be the customer; return how many claims failed, at most 1."""
    story, claims = Story(), claims_lib.Claims()
    odd_host.OddHost(LISTENS)
    hook = Hook(story.hook_secret)
    story.start()
    client.say(f"instance {story.host} is ACTIVE, with an account and a tenant")
    judge = claims.judge
    hosts = {
        "the stand's Postfix": os.environ["EXORDOS_STAND_MX2_DOMAIN"],
        "a host that answers by script": story.odd,
    }
    postfix = hosts["the stand's Postfix"]
    for name, domain, wanted in (
        ("unknown", postfix, ("bounced", 550, "5.1.1")),
        ("later", postfix, ("delayed", 451, "4.7.1")),
        *((name, story.odd, wanted) for name, wanted in ODD.items()),
    ):
        judge(
            f"an account's mail to {name}@ is {wanted[0]}, {wanted[1]} {wanted[2]}, and"
            f" it reads so in {IN_TIME:.0f} s",
            lambda name=name, domain=domain, wanted=wanted: _by_smtp(  # type: ignore[misc]
                story, name, domain, wanted
            ),
        )
    heard = _by_http(story, hook)
    for name, event in heard.items():
        judge(
            f"the tenant's webhook hears in {IN_TIME:.0f} s that {name}@ is"
            f" {ODD[name][0]}" + (f", {CLASSES[name]}" if name in CLASSES else ""),
            lambda name=name, event=event: _event(name, event),  # type: ignore[misc]
        )
    judge("refused@ alone is suppressed", lambda: _suppressed(story))
    judge(f"{FORGED} forged bounces change nothing", lambda: _forged(story, hook))
    judge("one id leads from the API to the remote's copy", lambda: _traced(story))
    judge("every request of the webhook was signed", lambda: str(hook.forged or ""))
    claims.tell()
    return 1 if claims.failed else 0


if __name__ == "__main__":
    sys.exit(main())
