"""The embedded server outlives any kill, serves several processes at once, and ends with its last user."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest
import pytest_asyncio

from indexer.store import binaries, embedded
from indexer.store.database import DatabaseUnavailable
from indexer.store.embedded import embedded_server
from tests.postgres import open_directory

_CLIENT = """
import asyncio, sys
from pathlib import Path
from indexer.store.embedded import embedded_server
async def main():
    async with embedded_server(Path(sys.argv[1])) as dsn:
        print(dsn, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest_asyncio.fixture(scope="module")
async def initialised() -> AsyncIterator[Path]:
    """A directory whose server was up and has ended: initdb takes seconds, a copy does not."""
    with open_directory() as folder:
        async with embedded_server(folder / "pg"):
            server, keeper = server_of(folder / "pg"), keeper_of(folder / "pg")
        assert await gone(server, keeper)
        yield folder / "pg"


@pytest.fixture
def home(initialised: Path) -> Iterator[Path]:
    with open_directory() as folder:
        subprocess.run(["cp", "-a", initialised, folder / "pg"], check=True)
        yield folder / "pg"


@pytest.fixture
def new_home() -> Iterator[Path]:
    with open_directory() as folder:
        yield folder / "pg"


class Client:
    """Another process that uses the directory until it is killed."""

    def __init__(self, home: Path) -> None:
        repository = Path(embedded.__file__).parents[2]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CLIENT, str(home)], stdout=subprocess.PIPE, text=True, cwd=repository
        )

    async def dsn(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.to_thread(self.process.stdout.readline)).strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def server_of(home: Path) -> psutil.Process:
    pid = int((home / "postgres18" / "postmaster.pid").read_text().splitlines()[0])
    return psutil.Process(pid)


def keeper_of(home: Path) -> psutil.Process:
    keeper = server_of(home).parent()
    assert keeper is not None
    assert "keeper.py" in " ".join(keeper.cmdline())
    return keeper


async def gone(*processes: psutil.Process) -> bool:
    _, alive = await asyncio.to_thread(psutil.wait_procs, list(processes), timeout=30)
    return not alive


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_is_private_exact_and_stops_with_its_last_user(home: Path) -> None:
    async with embedded_server(home) as dsn:
        server, keeper = server_of(home), keeper_of(home)
        assert await ask(dsn, "SHOW fsync") == "on"
        assert await ask(dsn, "SHOW server_encoding") == "UTF8"
        assert await ask(dsn, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert await ask(dsn, "SHOW listen_addresses") == ""
        assert (home / "password").stat().st_mode & 0o777 == 0o600
        if os.geteuid() == 0:
            assert server.uids().real == binaries.NOBODY
        password = (home / "password").read_text()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn.replace(password, "wrong"))
        for process in (server, keeper):
            assert password not in " ".join(process.cmdline())
    assert await gone(server, keeper)
    assert not (home / "postgres18" / "postmaster.pid").exists()
    assert "database system is shut down" in (home / "server.log").read_text()


async def test_two_processes_share_it_and_the_first_may_leave_first(home: Path) -> None:
    async with embedded_server(home) as dsn:
        server = server_of(home)
        client = Client(home)
        assert await client.dsn() == dsn
    assert await ask(dsn, "SELECT 1") == 1
    assert server_of(home) == server
    client.kill()
    assert await gone(server)


async def test_many_who_start_at_once_get_one_server(new_home: Path) -> None:
    clients = [Client(new_home) for _ in range(3)]
    dsns = {await client.dsn() for client in clients}
    assert len(dsns) == 1
    server = server_of(new_home)
    for client in clients:
        client.kill()
    assert await gone(server)


async def test_a_killed_keeper_takes_its_server_along_and_the_next_user_goes_on(home: Path) -> None:
    async with embedded_server(home) as dsn:
        await ask(dsn, "CREATE TABLE kept AS SELECT 7 AS n")
        keeper, server = keeper_of(home), server_of(home)
        keeper.kill()
        assert await gone(keeper, server)
        async with embedded_server(home) as again:
            assert await ask(again, "SELECT n FROM kept") == 7
    assert await gone(server_of(home))


async def test_a_killed_server_recovers_for_the_next_user(home: Path) -> None:
    async with embedded_server(home) as dsn:
        await ask(dsn, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n")
        keeper, server = keeper_of(home), server_of(home)
        server.kill()
        assert await gone(keeper, server)
        assert (home / "postgres18" / "postmaster.pid").exists()
        async with embedded_server(home) as again:
            assert await ask(again, "SELECT count(*) FROM kept") == 1000
    assert await gone(server_of(home))


async def test_a_killed_client_is_no_user_any_more(home: Path) -> None:
    client = Client(home)
    await client.dsn()
    server, keeper = server_of(home), keeper_of(home)
    client.kill()
    assert await gone(server, keeper)


async def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(home: Path) -> None:
    async with embedded_server(home):
        server, keeper = server_of(home), keeper_of(home)
        lines = (home / "postgres18" / "postmaster.pid").read_text().splitlines()
    assert await gone(server, keeper)
    stranger = subprocess.Popen(["sleep", "1000"], user=binaries.NOBODY if os.geteuid() == 0 else None)
    stale = home / "postgres18" / "postmaster.pid"
    stale.write_text("\n".join([str(stranger.pid), *lines[1:]]))
    os.chown(stale, (home / "password").stat().st_uid, -1)
    try:
        async with embedded_server(home) as dsn:
            assert await ask(dsn, "SELECT 1") == 1
            server = server_of(home)
        assert await gone(server)
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_keeper_that_is_told_to_end_stops_its_server_cleanly(home: Path) -> None:
    async with embedded_server(home):
        keeper, server = keeper_of(home), server_of(home)
        keeper.send_signal(signal.SIGTERM)
        assert await gone(keeper, server)
        assert "database system is shut down" in (home / "server.log").read_text()


async def test_initdb_that_was_killed_half_way_is_begun_again(new_home: Path) -> None:
    (new_home / "initdb.tmp").mkdir(parents=True)
    (new_home / "initdb.tmp" / "PG_VERSION").write_text("18")
    async with embedded_server(new_home) as dsn:
        assert await ask(dsn, "SELECT 1") == 1
        server = server_of(new_home)
    assert await gone(server)


async def test_a_server_that_cannot_start_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded._SETTINGS, "shared_buffers", "nonsense")
    with pytest.raises(DatabaseUnavailable, match="shared_buffers"):
        async with embedded_server(home):
            pytest.fail("started")


async def test_a_path_too_long_for_a_socket_moves_the_socket(home: Path) -> None:
    deep = home.rename(home.parent / ("x" * 120))
    async with embedded_server(deep) as dsn:
        assert await ask(dsn, "SELECT 1") == 1
        server = server_of(deep)
    assert await gone(server)


async def test_binaries_out_of_reach_are_copied_and_a_home_out_of_reach_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has another user run the server")
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DatabaseUnavailable, match=f"may not enter {closed}.*ASSAY_DATA_DIR"):
        async with embedded_server(closed / "pg"):
            pytest.fail("started")
    installation = closed / "pginstall"
    installation.symlink_to(binaries.wheel_binaries().parent, target_is_directory=True)
    async with embedded_server(home, binaries=installation / "bin") as dsn:
        assert await ask(dsn, "SELECT 1") == 1
        server = server_of(home)
        assert Path(server.exe()).is_relative_to(home)
    assert await gone(server)


async def test_a_data_directory_that_cannot_be_made_is_an_outage_not_a_crash(home: Path) -> None:
    home.parent.joinpath("file").write_text(json.dumps({}))
    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        async with embedded_server(home.parent / "file" / "pg"):
            pytest.fail("started")
