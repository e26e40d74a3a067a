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

"""`export` and `replay`: the configuration of one service into another one.

A file has one command a line, as JSON. Secrets are not in it: `***` stands for
each. Put them in by hand, or leave them out and set them afterwards.
"""

import argparse
import json
import pathlib
import sys
import typing as tp

import httpx

from exordos_mail.send.commands import masking

_TIMEOUT = 60
#: A member that means nothing without the other one.
_GOES_WITH = {"password": "username"}
Step = dict[str, tp.Any]


class TransferError(Exception):
    """It cannot be done; the text is for people."""


def add_parsers(commands: tp.Any) -> None:
    """Add the two commands to a command line."""
    export = commands.add_parser(
        "export", help="print the commands that led to the present configuration"
    )
    replay = commands.add_parser(
        "replay", help="make the commands of a file again, in an empty service"
    )
    replay.add_argument("file", type=pathlib.Path, metavar="FILE")
    replay.add_argument(
        "--without-secrets",
        action="store_true",
        help="leave out what is *** in the file",
    )
    for one in (export, replay):
        one.add_argument("--url", default="http://127.0.0.1:8025", metavar="URL")
        one.add_argument(
            "--token-file",
            type=pathlib.Path,
            required=True,
            metavar="FILE",
            help="with the admin token: admin-token in the data directory",
        )


def run(given: argparse.Namespace) -> int:
    """Run one of the commands; return the exit status."""
    try:
        token = given.token_file.read_text().strip()
        with httpx.Client(
            base_url=given.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        ) as client:
            if given.command == "export":
                for step in export(client):
                    print(json.dumps(step))
                return 0
            return _replay(client, given.file, given.without_secrets)
    except (TransferError, httpx.HTTPError, OSError) as error:
        print(f"exordos-mail-send: {error}", file=sys.stderr)
        return 1


def export(client: httpx.Client) -> tp.Iterator[Step]:
    """Yield all commands that can be played again."""
    after: str | None = ""
    while after is not None:
        answer = client.get("/v1/commands/export", params={"after": after})
        if answer.status_code != 200:
            raise TransferError(f"{answer.status_code}: {answer.text}")
        found = answer.json()
        yield from found["commands"]
        after = found["next"]


def read(text: str, without_secrets: bool) -> list[Step]:
    """Return the commands of a file.

    Raises:
        TransferError: a line is no command, or has a mask.
    """
    steps = []
    open_masks = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            step = json.loads(line)
            where = f"line {number}: {step['method']} {step['path']}"
            request = step.get("request") or {}
            masks = list(masking.masked(request))
            if not isinstance(request, dict):
                raise ValueError
        except (ValueError, TypeError, KeyError):
            raise TransferError(f"line {number} is not a command") from None
        open_masks += [f"{where}: {mask}" for mask in masks]
        if masks:
            step["request"] = _without(request)
        steps.append(step)
    if open_masks and not without_secrets:
        shown = "\n".join(open_masks)
        raise TransferError(
            "these secrets are not in the file: put them in, or leave them out with"
            f" --without-secrets\n{shown}"
        )
    for one in open_masks:
        print(f"left out: {one}", file=sys.stderr)
    return steps


def replay(client: httpx.Client, steps: list[Step]) -> tp.Iterator[tuple[Step, Step]]:
    """Make each command again; yield it with `status` and `body` of its answer."""
    ids: dict[str, str] = {}
    for step in steps:
        path = step["path"]
        for old, new in ids.items():
            path = path.replace(old, new)
        body = step.get("request")
        answer = client.request(
            step["method"], path, **({} if body is None else {"json": body})
        )
        found = answer.json() if answer.content else {}
        before, after = (step.get("result") or {}).get("id"), found.get("id")
        if before and after and before != after:
            ids[before] = after
        yield step, {"status": answer.status_code, "body": found}


def _replay(client: httpx.Client, file: pathlib.Path, without_secrets: bool) -> int:
    failures = 0
    for step, answer in replay(client, read(file.read_text(), without_secrets)):
        what = f"{step['method']} {step['path']}"
        if answer["status"] >= 300:
            failures += 1
            detail = answer["body"].get("detail", "")
            print(f"{what}: {answer['status']} {detail}", file=sys.stderr)
        elif "key" in answer["body"]:
            # Only its hash was kept, so it is another one.
            print(f"{what}: {answer['body']['name']}: {answer['body']['key']}")
    return 1 if failures else 0


def _without(request: Step) -> Step:
    """Leave out the members that have a mask, and what makes no sense then."""
    masked = {name for name, value in request.items() if masking.is_masked(value)}
    masked |= {_GOES_WITH[name] for name in masked if name in _GOES_WITH}
    return {name: value for name, value in request.items() if name not in masked}
