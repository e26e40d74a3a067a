# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""S3 storages, against a server that speaks S3."""

import dataclasses
import pathlib
import subprocess
import sys
import typing as tp

import boto3
import pytest

from exordos_mail.send.attachments import (
    Attachment,
    PermanentFailure,
    Policy,
    Reference,
    TemporaryFailure,
    storages,
)
from tests.integration.send_attachments.conftest import LIMITS, World
from tests.integration.support import waiting

pytestmark = pytest.mark.anyio
KEYS = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}


class Bucket:
    """A bucket with two prefixes."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        client: tp.Any = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS
        )
        client.create_bucket(Bucket="mine")
        for key, data in (
            ("acme/a b.pdf", b"abc"),
            ("acme/empty", b""),
            ("acme/limit", b"x" * LIMITS.each_bytes),
            ("acme/large", b"x" * (LIMITS.each_bytes + 1)),
            ("other/secret", b"secret"),
        ):
            client.put_object(Bucket="mine", Key=key, Body=data)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> tp.Iterator[Bucket]:
    port = waiting.free_port()
    log = tmp_path_factory.mktemp("s3") / "log"
    with open(log, "wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output,
            stderr=output,
        )
    try:
        waiting.until(
            lambda: b"Running on" in log.read_bytes() or server.poll() is not None,
            "the S3 server",
        )
        yield Bucket(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(10)


async def _get(world: World, endpoint: str, path: str, **config: tp.Any) -> Attachment:
    policy = Policy(s3_endpoints=frozenset({endpoint}))
    given = {
        "bucket": "mine",
        "prefix": "acme",
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        **KEYS,
        **config,
    }
    storage = storages.parse("CLOUD", "s3", given, policy)
    context = dataclasses.replace(world.context, storages=(storage,))
    reference = Reference("a", storage="CLOUD", path=path)
    return await world.fetcher(policy=policy).fetch(reference, context)


async def test_an_object(world: World, bucket: Bucket) -> None:
    assert (await _get(world, bucket.endpoint, "a b.pdf")).data == b"abc"
    assert (await _get(world, bucket.endpoint, "empty")).data == b""
    whole = await _get(world, bucket.endpoint, "acme/a b.pdf", prefix="")
    assert whole.data == b"abc"


async def test_the_limit_of_bytes(world: World, bucket: Bucket) -> None:
    assert len((await _get(world, bucket.endpoint, "limit")).data) == LIMITS.each_bytes
    with pytest.raises(PermanentFailure, match="larger"):
        await _get(world, bucket.endpoint, "large")


@pytest.mark.parametrize(
    ("path", "config"),
    [
        ("b.pdf", {}),
        ("secret", {}),
        ("a b.pdf/c", {}),
        ("acme", {"prefix": ""}),
        ("a b.pdf", {"bucket": "nobodys"}),
    ],
)
async def test_what_is_no_object(
    world: World, bucket: Bucket, path: str, config: dict[str, str]
) -> None:
    with pytest.raises(PermanentFailure, match="no such object"):
        await _get(world, bucket.endpoint, path, **config)


@pytest.mark.parametrize(
    "path", ["../other/secret", "/other/secret", "a b.pdf?versionId=1", "a#b"]
)
async def test_paths_that_leave(world: World, bucket: Bucket, path: str) -> None:
    with pytest.raises(PermanentFailure, match="the path"):
        await _get(world, bucket.endpoint, path)


async def test_a_service_that_is_away_may_come_back(
    world: World, tmp_path: pathlib.Path
) -> None:
    endpoint = f"http://127.0.0.1:{waiting.free_port()}"
    with pytest.raises(TemporaryFailure) as caught:
        await _get(world, endpoint, "a b.pdf")
    assert "secret" not in caught.value.reason
