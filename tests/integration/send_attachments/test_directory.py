# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Local storages: a real directory with real traps in it."""

import asyncio
import dataclasses
import os
import pathlib
import socket

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

pytestmark = pytest.mark.anyio


class Home:
    """`<root>/acme` is the storage; `<root>/secret` is beside it."""

    def __init__(self, world: World, root: pathlib.Path) -> None:
        self.root = root
        self.path = root / "acme"
        (self.path / "2026").mkdir(parents=True)
        (self.path / "2026" / "a.pdf").write_bytes(b"abc")
        (root / "secret").write_bytes(b"secret")
        policy = Policy(directories=(root,))
        storage = storages.parse("HOME", "local", {"base_path": str(self.path)}, policy)
        self._context = dataclasses.replace(world.context, storages=(storage,))
        self._fetcher = world.fetcher(policy=policy)

    async def get(self, path: str) -> Attachment:
        reference = Reference("a", storage="HOME", path=path)
        return await self._fetcher.fetch(reference, self._context)


@pytest.fixture
def home(world: World, tmp_path: pathlib.Path) -> Home:
    return Home(world, tmp_path)


async def test_a_file(home: Home) -> None:
    assert (await home.get("2026/a.pdf")).data == b"abc"


@pytest.mark.parametrize(
    "path", ["b.pdf", "2026/b.pdf", "2026", "2026/a.pdf/b", "b/" * 50 + "c", "a" * 300]
)
async def test_what_is_no_file(home: Home, path: str) -> None:
    with pytest.raises(PermanentFailure):
        await home.get(path)


@pytest.mark.parametrize(
    "path", ["../secret", "2026/../../secret", "/etc/passwd", "%2e%2e/secret", "a\0"]
)
async def test_paths_that_leave(home: Home, path: str) -> None:
    with pytest.raises(PermanentFailure, match="the path"):
        await home.get(path)


async def test_a_link_to_a_file_outside(home: Home) -> None:
    (home.path / "link").symlink_to("../secret")
    with pytest.raises(PermanentFailure, match="no such file"):
        await home.get("link")


async def test_a_link_to_a_directory_outside(home: Home) -> None:
    (home.path / "link").symlink_to(home.root)
    with pytest.raises(PermanentFailure, match="no such file"):
        await home.get("link/secret")


async def test_the_storage_itself_as_a_link_outside(
    home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_bytes(b"secret")
    home.path.rename(home.root / "old")
    home.path.symlink_to(outside)
    with pytest.raises(PermanentFailure, match="no such file"):
        await home.get("secret")


async def test_a_link_that_comes_between_check_and_reading(home: Home) -> None:
    """A file that is exchanged for a link again and again is never followed."""
    target = home.path / "flips"
    link = home.path / "link"
    done = asyncio.Event()

    def flip() -> None:
        link.symlink_to("../secret")
        os.replace(link, target)
        link.write_bytes(b"abc")
        os.replace(link, target)

    async def flipping() -> None:
        while not done.is_set():
            await asyncio.to_thread(flip)

    flip()
    task = asyncio.create_task(flipping())
    found = set()
    for _ in range(300):
        try:
            found.add((await home.get("flips")).data)
        except PermanentFailure:
            found.add(b"refused")
    done.set()
    await task
    assert b"secret" not in found


async def test_what_is_not_a_regular_file(home: Home) -> None:
    os.mkfifo(home.path / "pipe")
    os.mknod(home.path / "null", 0o20666, os.makedev(1, 3))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home.path / "socket"))
        for name in ("pipe", "null", "socket"):
            with pytest.raises(PermanentFailure, match="not a regular file"):
                await home.get(name)


async def test_a_file_that_is_too_large(home: Home) -> None:
    (home.path / "large").write_bytes(b"x" * LIMITS.each_bytes)
    assert len((await home.get("large")).data) == LIMITS.each_bytes
    # Endless for who reads it whole; nothing on disk.
    os.truncate(home.path / "large", 1 << 40)
    with pytest.raises(PermanentFailure, match="larger"):
        await home.get("large")


async def test_a_storage_that_is_not_mounted_may_come_back(home: Home) -> None:
    home.root.rename(home.root.with_name("away"))
    with pytest.raises(TemporaryFailure, match="storage is away"):
        await home.get("2026/a.pdf")


async def test_no_descriptor_is_left_open(home: Home) -> None:
    (home.path / "link").symlink_to("../secret")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("2026/a.pdf", "2026/b.pdf", "link", "2026"):
        for _ in range(20):
            try:
                await home.get(path)
            except PermanentFailure:
                continue
    assert len(os.listdir("/proc/self/fd")) < before + 20
