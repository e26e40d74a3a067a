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

"""How long a customer waits: POST instance -> ACTIVE, POST account -> first login.

Run where a client stands, on a quiet machine:
    tests/stand/standctl up
    tests/stand/standctl exec -- python3 bench/waiting_times.py 20
Prints one line per sample and a JSON summary (seconds).
"""

import json
import os
import pathlib
import random
import secrets
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tests.stand import demo_client as client

# Both loops of the platform have a period of 3 s at the shipped defaults.
PHASE = 3.0  # seconds


def summary(samples: list[float]) -> dict[str, float]:
    """Return minimum, median, 95th percentile and maximum."""
    ordered = sorted(samples)
    return {
        "n": len(ordered),
        "min": round(ordered[0], 2),
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        "max": round(ordered[-1], 2),
    }


def one_instance(api: client.Api) -> tuple[str, str, str, float]:
    """Create an instance; return path, domain, address and seconds to ACTIVE."""
    tag = secrets.token_hex(3)
    domain = f"bench-{tag}.example.org"
    version = api.call("GET", "/versions/")[0]
    body = {
        "name": f"bench-{tag}",
        "project_id": client.PROJECT,
        "domain": domain,
        "cpu": 1,
        "ram": 1024,
        "disk_size": 10,
        "version": f"/v1/types/mail/versions/{version['uuid']}",
    }
    begin = time.monotonic()
    path = f"/instances/{api.call('POST', '/instances/', body)['uuid']}"
    client.until(
        "the instance is ACTIVE",
        lambda: api.call("GET", path)["status"] == "ACTIVE",
        pause=0.05,
    )
    took = time.monotonic() - begin
    return path, domain, api.call("GET", path)["ipv4"], took


def one_account(api: client.Api, path: str, domain: str, host: str) -> float:
    """Create an account; return the seconds until it can log in on port 587."""
    name, password = f"u{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    begin = time.monotonic()
    api.call("POST", f"{path}/accounts/", {"username": name, "password": password})
    client.until(
        "the account can log in",
        lambda: client.submit(host, f"{name}@{domain}", password),
        pause=0.02,
    )
    return time.monotonic() - begin


def main() -> None:
    """Take the samples."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    instances = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    api = client.Api(client.token())
    to_active, to_login = [], []
    for number in range(instances):
        path, domain, host, took = one_instance(api)
        to_active.append(took)
        print(f"instance {number}: ACTIVE after {took:.2f} s", flush=True)
        if number < instances - 1:
            api.call("DELETE", path)
    for number in range(accounts):
        time.sleep(random.uniform(0, PHASE))  # noqa: S311 a random phase
        to_login.append(one_account(api, path, domain, host))
        print(f"account {number}: login after {to_login[-1]:.2f} s", flush=True)
    api.call("DELETE", path)
    result = {
        "post_instance_to_active": summary(to_active),
        "post_account_to_first_login": summary(to_login),
        "cores": os.cpu_count(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
