# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is fetched once, and for whom it is kept."""

import asyncio
import dataclasses
import hashlib
import os
import pathlib
import stat

import pytest

from exordos_mail.send.attachments import (
    Cache,
    Context,
    PermanentFailure,
    Reference,
    TemporaryFailure,
)
from tests.integration.send_attachments.conftest import LIMITS, World
from tests.integration.send_attachments.source import Asked, Writer, answer

pytestmark = pytest.mark.anyio

SMALL = b"small"
LARGE = b"large" * 10_000
OTHER = Context("other", limits=LIMITS)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()  # noqa: S324


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(directory: pathlib.Path) -> Cache:
    return Cache(directory, limit=120_000)


def _files(directory: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [SMALL, LARGE])
async def test_named_bytes_are_fetched_once(
    world: World, cache: Cache, data: bytes
) -> None:
    world.source.routes["/a"] = answer(200, data)
    fetcher = world.fetcher(cache)
    url = world.source.url("/a")
    for reference in (
        Reference("a", url=url, sha256=_sha256(data)),
        Reference("b", url=url, sha256=_sha256(data).upper()),
        Reference("c", url=world.source.url("/moved"), sha256=_sha256(data)),
    ):
        assert (await fetcher.fetch(reference, world.context)).data == data
    assert len(world.source.asked) == 1


async def test_a_marker_in_the_name_is_a_checksum(world: World, cache: Cache) -> None:
    world.source.routes["/a"] = answer(200, SMALL)
    fetcher = world.fetcher(cache)
    reference = Reference(
        f"report_{{MD5:{_md5(SMALL)}}}.pdf", url=world.source.url("/a")
    )
    for _ in range(2):
        content = await fetcher.fetch(reference, world.context)
        assert (content.filename, content.data) == ("report.pdf", SMALL)
    assert len(world.source.asked) == 1


async def test_bytes_without_a_name_are_asked_for_again(
    world: World, cache: Cache
) -> None:
    fetcher = world.fetcher(cache)
    reference = Reference("a", url=world.source.url("/a"))
    for data in (b"old", b"new"):
        world.source.routes["/a"] = answer(200, data)
        assert (await fetcher.fetch(reference, world.context)).data == data


@pytest.mark.parametrize("data", [SMALL, LARGE])
async def test_naming_a_checksum_gives_nothing_of_another_tenant(
    world: World, cache: Cache, data: bytes
) -> None:
    world.source.routes["/a"] = answer(200, data)
    world.source.routes["/mine"] = answer(200, b"mine")
    fetcher = world.fetcher(cache)
    await fetcher.fetch(
        Reference("a", url=world.source.url("/a"), md5=_md5(data)), world.context
    )
    with pytest.raises(PermanentFailure, match="md5"):
        await fetcher.fetch(
            Reference("a", url=world.source.url("/mine"), md5=_md5(data)), OTHER
        )


async def test_bytes_that_do_not_fit_their_checksum_are_not_kept(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    world.source.routes["/a"] = answer(200, LARGE + b"!")
    fetcher = world.fetcher(cache)
    reference = Reference("a", url=world.source.url("/a"), sha256=_sha256(LARGE))
    with pytest.raises(PermanentFailure, match="sha256"):
        await fetcher.fetch(reference, world.context)
    assert not _files(directory)
    world.source.routes["/a"] = answer(200, LARGE)
    assert (await fetcher.fetch(reference, world.context)).data == LARGE


async def test_a_limit_holds_for_what_is_cached(world: World, cache: Cache) -> None:
    world.source.routes["/a"] = answer(200, LARGE)
    fetcher = world.fetcher(cache)
    reference = Reference("a", url=world.source.url("/a"), sha256=_sha256(LARGE))
    await fetcher.fetch(reference, world.context)
    narrow = dataclasses.replace(
        world.context, limits=dataclasses.replace(LIMITS, each_bytes=1000)
    )
    with pytest.raises(PermanentFailure, match="larger"):
        await fetcher.fetch(reference, narrow)


async def _fill(world: World, cache: Cache, *contents: bytes) -> None:
    fetcher = world.fetcher(cache)
    for data in contents:
        world.source.routes["/a"] = answer(200, data)
        reference = Reference("a", url=world.source.url("/a"), sha256=_sha256(data))
        assert (await fetcher.fetch(reference, world.context)).data == data


async def test_files_are_for_their_owner_only(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    directory.mkdir(mode=0o755)
    await _fill(world, cache, LARGE)
    modes = {
        stat.S_IMODE(path.stat().st_mode)
        for path in (directory, *directory.rglob("*"))
        if path.is_dir()
    }
    assert modes == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in _files(directory)] == [0o600]
    assert "acme" not in str(_files(directory)[0].relative_to(directory))


async def test_the_disk_is_bounded_and_the_least_used_go_first(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    first, second, third = (LARGE + bytes([n]) for n in range(3))
    await _fill(world, cache, first, second)
    for age, path in ((200, _file(directory, first)), (100, _file(directory, second))):
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, path.stat().st_mtime))
    await _fill(world, cache, first)  # used now
    await _fill(world, cache, third)
    assert _file(directory, first).exists()
    assert not _file(directory, second).exists()
    assert sum(path.stat().st_size for path in _files(directory)) <= 120_000


def _file(directory: pathlib.Path, data: bytes) -> pathlib.Path:
    tenant = hashlib.sha256(b"acme").hexdigest()
    return directory / tenant / f"sha256-{_sha256(data)}"


async def test_small_files_are_bounded_by_the_room_that_they_take(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    await _fill(world, cache, *(bytes([n]) for n in range(40)))
    # A block of a disk each.
    assert 0 < len(_files(directory)) <= 120_000 // 4096


async def test_what_is_too_old_is_fetched_again_and_removed(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    await _fill(world, cache, LARGE)
    path = _file(directory, LARGE)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3601))
    await _fill(world, cache, LARGE)
    assert len(world.source.asked) == 2
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3601))
    await cache.sweep()
    assert not _files(directory)


async def test_a_damaged_file_is_not_served(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    """What a crash of the machine may leave: the name, but not all bytes."""
    await _fill(world, cache, LARGE)
    os.truncate(_file(directory, LARGE), 1000)
    await _fill(world, cache, LARGE)
    assert len(world.source.asked) == 2
    assert _file(directory, LARGE).read_bytes() == LARGE


async def test_what_a_killed_writer_left_is_removed(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    await _fill(world, cache, LARGE)
    left = _file(directory, LARGE).with_name(".partial-abc")
    left.write_bytes(b"x" * 1000)
    await cache.sweep()
    assert left.exists()
    os.utime(left, (0, left.stat().st_mtime - 601))
    await cache.sweep()
    assert _files(directory) == [_file(directory, LARGE)]


async def test_a_restart_finds_what_is_on_disk(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    await _fill(world, cache, LARGE)
    again = Cache(directory)
    await _fill(world, again, LARGE)
    assert len(world.source.asked) == 1


async def test_a_disk_that_takes_nothing_hinders_no_mail(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    directory.write_bytes(b"not a directory")
    await _fill(world, cache, LARGE, LARGE)
    assert len(world.source.asked) == 2


async def test_a_deleted_tenant_leaves_nothing(
    world: World, cache: Cache, directory: pathlib.Path
) -> None:
    await _fill(world, cache, SMALL, LARGE)
    await cache.forget("acme")
    assert not _files(directory)
    await _fill(world, cache, SMALL)
    assert len(world.source.asked) == 3


class Gate:
    """A route that answers when it is let; counts who waits for it."""

    def __init__(self, status: int = 200) -> None:
        self.open = asyncio.Event()
        self._entered = asyncio.Semaphore(0)
        self.inside = 0
        self._answer = answer(status, SMALL)

    async def entered(self) -> None:
        """Wait for one more who waits."""
        await asyncio.wait_for(self._entered.acquire(), 10)

    async def __call__(self, asked: Asked, writer: Writer) -> None:
        self.inside += 1
        self._entered.release()
        await self.open.wait()
        await self._answer(asked, writer)


async def test_who_wants_the_same_at_the_same_time_shares_one_fetch(
    world: World,
) -> None:
    gate = world.source.routes["/a"] = Gate()
    fetcher = world.fetcher()
    reference = Reference("a", url=world.source.url("/a"))
    tasks = [
        asyncio.create_task(fetcher.fetch(reference, world.context)) for _ in range(50)
    ]
    await gate.entered()
    gate.open.set()
    assert {content.data for content in await asyncio.gather(*tasks)} == {SMALL}
    assert len(world.source.asked) == 1


async def test_a_shared_failure_keeps_each_ones_place(world: World) -> None:
    gate = world.source.routes["/bad"] = Gate(503)
    world.source.routes["/good"] = answer(200)
    fetcher = world.fetcher()
    good = Reference("a", url=world.source.url("/good"))
    bad = Reference("b", url=world.source.url("/bad"))
    tasks = [
        asyncio.create_task(fetcher.fetch_all(references, world.context))
        for references in ([bad], [good, bad], [good, good, bad])
    ]
    await gate.entered()
    gate.open.set()
    await asyncio.wait(tasks)
    for position, task in enumerate(tasks):
        with pytest.raises(TemporaryFailure) as caught:
            await task
        assert caught.value.position == position


async def test_tenants_never_share_a_fetch(world: World) -> None:
    gate = world.source.routes["/a"] = Gate()
    fetcher = world.fetcher()
    reference = Reference("a", url=world.source.url("/a"))
    tasks = [
        asyncio.create_task(fetcher.fetch(reference, context))
        for context in (world.context, OTHER)
    ]
    for _ in tasks:
        await gate.entered()
    gate.open.set()
    await asyncio.gather(*tasks)
    assert len(world.source.asked) == 2


async def test_a_tenant_whose_source_hangs_delays_no_other(world: World) -> None:
    gate = Gate()
    fetcher = world.fetcher(concurrency=3)
    tasks = []
    for number in range(10):
        world.source.routes[f"/{number}"] = gate
        reference = Reference("a", url=world.source.url(f"/{number}"))
        tasks.append(asyncio.create_task(fetcher.fetch(reference, world.context)))
    for _ in range(3):
        await gate.entered()
    world.source.routes["/other"] = answer(200, b"abc")
    reference = Reference("a", url=world.source.url("/other"))
    assert (await fetcher.fetch(reference, OTHER)).data == b"abc"
    assert gate.inside == 3
    gate.open.set()
    await asyncio.gather(*tasks)
    assert gate.inside == 10
