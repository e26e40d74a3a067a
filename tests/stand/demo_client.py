# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The demo's customer: an instance, an account, a tenant, signed mail to somebody else.

Runs where a client stands (`standctl exec -- python3 tests/stand/demo_client.py`)
and uses nothing but REST, SMTP, HTTPS and the DNS records that the API names.
"""

import email.message
import email.utils
import json
import os
import secrets
import smtplib
import ssl
import subprocess
import sys
import time
import typing as tp
import urllib.error
import urllib.parse
import urllib.request

CORE = os.environ["EXORDOS_ENDPOINT"]
MAIL = os.environ["EXORDOS_MAIL_CP_URL"] + "/v1/types/mail"
PROJECT = os.environ["EXORDOS_PROJECT_ID"]
STANDCTL = os.environ["EXORDOS_STAND_CTL"]
REMOTES = ("MX1", "MX2")
WAIT = 180  # seconds, for everything that is waited for


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def token() -> str:
    """Log in at Core's IAM and return a bearer token for the project."""
    form = {
        "grant_type": "password",
        "username": os.environ["EXORDOS_USERNAME"],
        "password": os.environ["EXORDOS_PASSWORD"],
        "scope": f"project:{PROJECT}",
        "ttl": "86400",
    }
    url = f"{CORE}/v1/iam/clients/default/actions/get_token/invoke"
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, data, timeout=30) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


class Api:
    """The REST API, as a customer with a token."""

    def __init__(self, bearer: str) -> None:
        self.bearer = bearer

    def call(self, method: str, path: str, body: tp.Any = None) -> tp.Any:
        """Send one request and return the JSON of its answer."""
        request = urllib.request.Request(  # noqa: S310
            MAIL + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.bearer}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            sys.exit(f"{method} {path}: {error.code} {text}")


def until(what: str, probe: tp.Callable[[], tp.Any], pause: float = 0.1) -> tp.Any:
    """Return the first true answer of `probe`."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        answer = probe()
        if answer:
            return answer
        time.sleep(pause)
    sys.exit(f"gave up after {WAIT} s: {what}")


def trust() -> ssl.SSLContext:
    """Return what takes the node's certificate.

    It is self-signed until a real one is delivered.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def submit(
    host: str, user: str, password: str, message: email.message.Message | None = None
) -> bool:
    """Log in on port 587, send the message if there is one; False if refused."""
    try:
        with smtplib.SMTP(host, 587, timeout=30) as smtp:
            smtp.starttls(context=trust())
            smtp.login(user, password)
            if message is not None:
                smtp.send_message(message)
    except (smtplib.SMTPAuthenticationError, ConnectionRefusedError):
        return False
    return True


def send(host: str, key: str, sender: str, recipient: str) -> str:
    """Send a message by HTTPS and return its id; "" while the key is not known."""
    body = {
        "from": sender,
        "to": recipient,
        "subject": "The first message by HTTP",
        "text": "Signed by exordos_mail, judged by somebody else.",
    }
    request = urllib.request.Request(
        f"https://{host}/v1/messages",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30, context=trust()) as answer:  # noqa: S310
            return str(json.load(answer)["id"])
    except urllib.error.HTTPError as error:
        if error.code != 401:
            sys.exit(f"POST {request.full_url}: {error.code} {error.read().decode()}")
    except urllib.error.URLError:
        pass  # the first tenant starts the service
    return ""


def publish(domain: str, address: str, keys: list[dict[str, str]]) -> None:
    """Publish the records that the README asks for, as a domain's owner would."""
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    records = [
        (domain, "A", address),
        (domain, "MX", f"10 {domain}."),
        (domain, "TXT", f"v=spf1 ip4:{address}/32 a mx ~all"),
        (f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none; pct=100; adkim=s; aspf=s"),
        (reverse, "PTR", f"{domain}."),
        *((key["name"], key["type"], key["value"]) for key in keys),
    ]
    for name, kind, value in records:
        subprocess.run([STANDCTL, "dns", "set", name, kind, value], check=True)
        say(f"  {name} {kind} {value[:60]}{'…' if len(value) > 60 else ''}")


def compose(sender: str, recipient: str) -> email.message.EmailMessage:
    """Return a small message."""
    message = email.message.EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = "The first message"
    message["Date"] = email.utils.localtime()
    message.set_content("Signed by exordos_mail, judged by somebody else.\n")
    return message


def received(host: str, recipient: str) -> list[str]:
    """Return the Authentication-Results of the message at a remote host."""
    output = subprocess.run(
        [STANDCTL, "mail", host, "--to", recipient, "--wait", "60"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    message = json.loads(output.splitlines()[-1])
    return [
        " ".join(value.split())
        for name, value in message["headers"]
        if name.lower() == "authentication-results"
    ]


def main() -> None:
    """Be the customer."""
    tag = secrets.token_hex(3)
    domain = f"demo-{tag}.example.org"
    api = Api(token())
    version = api.call("GET", "/versions/")[0]

    posted = time.monotonic()
    instance = api.call(
        "POST",
        "/instances/",
        {
            "name": f"demo-{tag}",
            "project_id": PROJECT,
            "domain": domain,
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": f"/v1/types/mail/versions/{version['uuid']}",
        },
    )
    path = f"/instances/{instance['uuid']}"
    say(f"POST instance {domain}: {instance['uuid']}, status {instance['status']}")
    seen = ""

    def active() -> tp.Any:
        nonlocal seen
        now = api.call("GET", path)
        if now["status"] != seen:
            seen = now["status"]
            reason = now["status_reason"] or ""
            say(f"  {time.monotonic() - posted:5.1f} s {seen} {reason}")
        return now if seen == "ACTIVE" else None

    instance = until("the instance is ACTIVE", active)
    to_active = time.monotonic() - posted
    host = instance["ipv4"]

    say("Publishing the DNS records of the domain:")
    publish(domain, host, instance["dkim_keys"])

    password = secrets.token_urlsafe(12)
    sender = f"alice@{domain}"
    posted = time.monotonic()
    api.call(
        "POST",
        f"{path}/accounts/",
        {
            "username": "alice",
            "password": password,
            "project_id": PROJECT,
            "instance": f"/v1/types/mail{path}",
        },
    )
    until("the account can log in", lambda: submit(host, sender, password))
    to_login = time.monotonic() - posted

    posted = time.monotonic()
    common = {"project_id": PROJECT}
    tenant = api.call("POST", f"{path}/tenants/", {"id": "shop", **common})
    key = api.call(
        "POST",
        f"{path}/tenants/{tenant['uuid']}/api_keys/",
        {"name": "demo", "scopes": ["send", "read"], **common},
    )["key"]
    shop = f"shop@{domain}"
    until(
        "the tenant sends",
        lambda: send(
            host, key, shop, f"web-{tag}@{os.environ['EXORDOS_STAND_MX1_DOMAIN']}"
        ),
    )
    to_send = time.monotonic() - posted

    failed = False
    for label, who in (*((label, "bob") for label in REMOTES), ("MX1", "web")):
        recipient = f"{who}-{tag}@{os.environ[f'EXORDOS_STAND_{label}_DOMAIN']}"
        if who == "bob":
            submit(host, sender, password, compose(sender, recipient))
        results = received(os.environ[f"EXORDOS_STAND_{label}"], recipient)
        verdicts = " ".join(results)
        good = verdicts.count("dkim=pass") >= 2 and "spf=pass" in verdicts
        failed = failed or not good
        say(f"Received for {recipient}:")
        for result in results:
            say(f"  Authentication-Results: {result}")

    say("")
    say(f"POST instance -> ACTIVE:             {to_active:5.1f} s")
    say(f"POST account  -> first login on 587: {to_login:5.1f} s")
    say(f"POST tenant   -> sends by HTTPS:     {to_send:5.1f} s")
    say("")
    say("The platform stays up. Go on from a shell inside it:")
    say(f"  {os.path.relpath(STANDCTL)} exec -- bash")
    say(f"  URL    {MAIL}{path}")
    say(f"  SMTP   {host}:587 (STARTTLS) or :465, {sender} / {password}")
    say(f"  HTTPS  https://{host}/v1/messages, {shop}, key {key}")
    say(f"  token  {api.bearer}")
    if failed:
        sys.exit("a remote host did not find DKIM (twice) and SPF good")


if __name__ == "__main__":
    main()
