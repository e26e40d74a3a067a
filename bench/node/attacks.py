# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A login while others hold all connections, and what guessing brings.

Runs inside of the node (see `__main__`); the attackers are on the far side of
the cable, in a network of their own.
"""

import collections
from concurrent import futures
import itertools
import json
import smtplib
import ssl
import statistics
import subprocess
import sys
import time
import typing as tp

from tests.integration.exim import fixtures, payloads

_NODE_4, _NODE_6 = "192.0.2.1", "2001:db8::1"
_ADDRESSES = 64
_SILENT = 500  # connections of each network to each port
_LOGINS = 20
_GUESSES = 192
_OF_24 = [f"192.0.2.{100 + number}" for number in range(_ADDRESSES)]
_OF_64 = [f"2001:db8::{100 + number}" for number in range(_ADDRESSES)]
_OF_MANY = [f"10.{100 + number}.0.7" for number in range(_ADDRESSES)]
_HONEST = "198.51.100.7"

_HOLD = """
import json, socket, sys, time
addresses, to, ports, count = json.loads(sys.argv[1])
held = []
for port in ports:
    for number in range(count):
        one = socket.create_connection((to, port), 60, (addresses[number % 64], 0))
        if one.recv(100).startswith(b"220"):
            held.append(one)
print(len(held), flush=True)
time.sleep(3600)
"""


def main() -> None:
    """Measure and print."""
    if len(sys.argv) > 1:
        globals()[sys.argv[1]](*json.loads(sys.argv[2]))
        return
    machine = fixtures.new_machine()
    for row in (_login_under_flood, _guesses_of_one_network, _guesses_of_many):
        machine.clean()
        machine.apply(payloads.payload())
        _addresses()
        row()
    machine.stop()


def _addresses() -> None:
    _ip("address", "replace", f"{_NODE_6}/64", "dev", "cable", "nodad")
    for network in ("10.0.0.0/8", f"{_HONEST}/32"):
        _ip("route", "replace", network, "dev", "cable")
    for address, size in itertools.chain(
        ((one, 24) for one in _OF_24),
        ((one, 64) for one in _OF_64),
        ((one, 32) for one in (*_OF_MANY, _HONEST)),
    ):
        _ip(
            "address",
            "replace",
            f"{address}/{size}",
            "dev",
            "cable",
            *_nodad(address),
            far=True,
        )


def _nodad(address: str) -> list[str]:
    return ["nodad"] if ":" in address else []


def _ip(*arguments: str, far: bool = False) -> None:
    command = fixtures.far_side_command() if far else []
    subprocess.run([*command, "ip", *arguments], check=True)


def _far(function: str, *arguments: tp.Any) -> tp.Any:
    """Call a function of this module on the far side; return what it prints."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from bench.node import attacks"
    done = subprocess.run(
        [
            *fixtures.far_side_command(),
            *(sys.executable, "-c", f"{code}; attacks.main()"),
            *(function, json.dumps(arguments)),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def _login_under_flood() -> None:
    print(f"logins on 587, ms, median and longest of {_LOGINS}")
    print("  alone:", _far("logins", _NODE_4, _HONEST, _LOGINS))
    attackers = [
        subprocess.Popen(
            [
                *fixtures.far_side_command(),
                *(sys.executable, "-c", _HOLD),
                json.dumps([addresses, to, [25, 587], _SILENT]),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for addresses, to in ((_OF_24, _NODE_4), (_OF_64, _NODE_6))
    ]
    print("  while the attackers connect:", _far("logins", _NODE_4, _HONEST, _LOGINS))
    held = [int(one.stdout.readline()) for one in attackers if one.stdout]
    print(f"  while {held} of 2 x {2 * _SILENT} silent connections are held:")
    print("   ", _far("logins", _NODE_4, _HONEST, _LOGINS))
    for one in attackers:
        one.kill()
        one.wait()


def _guesses_of_one_network() -> None:
    print(f"{_GUESSES} guesses from {_ADDRESSES} addresses of one /64:")
    print("  answers by code:", _far("guesses", _NODE_6, _OF_64, _GUESSES))


def _guesses_of_many() -> None:
    print(f"{_GUESSES} guesses from {_ADDRESSES} networks:")
    print("  answers by code:", _far("guesses", _NODE_4, _OF_MANY, _GUESSES))


# --- on the far side ---------------------------------------------------------


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def logins(to: str, address: str, count: int) -> None:
    """Print median and longest time of a login on 587, in milliseconds."""
    times = []
    for _ in range(count):
        start = time.monotonic()
        smtp = smtplib.SMTP(to, 587, "x", timeout=60, source_address=(address, 0))
        smtp.starttls(context=_context())
        smtp.login(payloads.ALICE, payloads.PASSWORD)
        times.append(1000 * (time.monotonic() - start))
        smtp.close()
    print(json.dumps([round(statistics.median(times)), round(max(times))]))


def guesses(to: str, addresses: list[str], count: int) -> None:
    """Print how often which code came."""
    with futures.ThreadPoolExecutor(32) as pool:
        codes = pool.map(
            lambda number: _guess(to, addresses[number % len(addresses)], number),
            range(count),
        )
        print(json.dumps(collections.Counter(codes)))


def _guess(to: str, address: str, number: int) -> int:
    smtp = smtplib.SMTP_SSL(
        to, 465, "x", timeout=60, context=_context(), source_address=(address, 0)
    )
    smtp.ehlo()
    smtp.user, smtp.password = payloads.ALICE, f"guess {number}"
    try:
        return smtp.auth("PLAIN", smtp.auth_plain)[0]
    except smtplib.SMTPAuthenticationError as exc:
        return exc.smtp_code
    finally:
        smtp.close()
