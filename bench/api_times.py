# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long requests keep the one worker of the user-api.

The platform's own log says it for each request. Real user-api, real
PostgreSQL, one worker; tokens are checked here instead of by Core, whose
introspection would come on top. On a quiet machine, in the environment of
the tests:
    PYTHONPATH=. python bench/api_times.py [accounts] [samples]
Prints one line per request and a JSON summary (milliseconds).
"""

import json
import re
import statistics
import sys
import time
import typing as tp
import uuid as sys_uuid

import psycopg

from exordos_mail import constants as c
from tests.integration.support import client, migrations, postgres, user_api

ACCOUNTS, SAMPLES = 100_000, 30
BULK = 1000

_TIME = re.compile(r'RESP: .*" (\d+)ms')
_VERSION = (
    "INSERT INTO mail_versions (uuid, name, image, created_at, updated_at)"
    " VALUES (%s, 'v', 'http://images.example/v', now(), now())"
)
_FILL = """
INSERT INTO mail_accounts (uuid, project_id, instance, username, password_hash,
    created_at, updated_at)
SELECT gen_random_uuid(), %s, %s, 'user' || n, %s, now(), now()
FROM generate_series(1, %s) AS n
"""

Request = tp.Callable[[int], tp.Any]


def last_time(server: user_api.UserApi) -> int:
    """Return the time of the last answer in the worker, in ms."""
    return int(_TIME.findall(server.log())[-1])


PASSWORD = "a password of mine"  # noqa: S105 an example


def measure(
    server: user_api.UserApi, request: Request, samples: int
) -> dict[str, float]:
    """Return times in the worker, in ms, and the median that the client saw."""
    worker, seen = [], []
    for n in range(samples):
        begin = time.perf_counter()
        response = request(n)
        seen.append((time.perf_counter() - begin) * 1000)
        if response.status_code >= 300:
            raise SystemExit(response.text)
        worker.append(last_time(server))
    worker.sort()
    return {
        "n": len(worker),
        "p50": statistics.median(worker),
        "p95": worker[int(len(worker) * 0.95)],
        "max": worker[-1],
        "client_p50": round(statistics.median(seen), 1),
    }


def requests(http: client.Client, path: str) -> dict[str, Request]:
    """Return what is measured, by name."""
    accounts = f"{path}/accounts/"
    bulk = f"{accounts}bulk/"
    marker = http.get(accounts, page_limit=1000).headers["X-Pagination-Marker"]
    one = http.get(accounts, page_limit=1).json()[0]["uuid"]
    by_name = {"sort_key": "username", "page_marker": marker}

    def page() -> list[client.Body]:
        found = http.get(accounts, page_limit=BULK)
        return tp.cast(list[client.Body], found.json())

    def created(n: int) -> client.Body:
        items = [account(n, password_hash=client.HASH) for _ in range(BULK)]
        return {"create": items}

    def hashed(n: int) -> client.Body:
        items = [account(n, password=PASSWORD) for _ in range(c.BULK_PASSWORDS_MAX)]
        return {"create": items}

    def updated(n: int) -> client.Body:
        changes = {"active": n % 2 == 1}
        return {"update": [{"uuid": one["uuid"], **changes} for one in page()]}

    def deleted(n: int) -> client.Body:
        return {"delete": [one["uuid"] for one in page()]}

    def account(n: int, **secret: str) -> client.Body:
        return {"username": f"n{n}-{sys_uuid.uuid4().hex[:8]}", **secret}

    return {
        "get instance": lambda n: http.get(path),
        "get account": lambda n: http.get(accounts + one),
        "list, default page": lambda n: http.get(accounts),
        "list, later page": lambda n: http.get(accounts, page_marker=marker),
        "list, by username": lambda n: http.get(accounts, sort_key="username"),
        "list, by username, later page": lambda n: http.get(accounts, **by_name),
        "list, 1,000": lambda n: http.get(accounts, page_limit=1000),
        "find username": lambda n: http.get(accounts, username=f"user{n + 1}"),
        "post hash": lambda n: http.post(
            accounts, account(n, password_hash=client.HASH)
        ),
        "post password": lambda n: http.post(accounts, account(n, password=PASSWORD)),
        "post longest password": lambda n: http.post(
            accounts, account(n, password="p" * 511)
        ),
        "patch active": lambda n: http.patch(accounts + one, {"active": n % 2 == 0}),
        "bulk, create 1,000": lambda n: http.post(bulk, created(n)),
        "bulk, create 20 with a password": lambda n: http.post(bulk, hashed(n)),
        "bulk, update 1,000": lambda n: http.post(bulk, updated(n)),
        "bulk, delete 1,000": lambda n: http.post(bulk, deleted(n)),
    }


def main(accounts: int = ACCOUNTS, samples: int = SAMPLES) -> None:
    """Fill an instance and measure."""
    cluster = postgres.Cluster()
    try:
        cluster.start()
        url = cluster.create_database("metapaas")
        migrations.apply(url)
        server = user_api.UserApi(url, workers=1)
        try:
            server.start()
            http = client.Client(server.url, sys_uuid.uuid4())
            with psycopg.connect(url, autocommit=True) as db:
                version = sys_uuid.uuid4()
                db.execute(_VERSION, (version,))
                made = http.create("/instances/", client.instance_body(version))
                values = (http.project, made["uuid"], client.HASH, accounts)
                db.execute(_FILL, values)
                db.execute("VACUUM ANALYZE")
            result = {}
            for name, request in requests(http, f"/instances/{made['uuid']}").items():
                result[name] = measure(server, request, samples)
                print(f"{name:32}", *(f"{k} {v}" for k, v in result[name].items()))
            print(json.dumps({"accounts": accounts, "worker_ms": result}))
        finally:
            server.stop()
    finally:
        cluster.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
