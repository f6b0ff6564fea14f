"""A PostgreSQL of our own in a directory, up while anybody uses it. The server itself is minded by keeper.py."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg

from indexer.store.binaries import NOBODY, DatabaseUnavailable, reachable_binaries, wheel_binaries

USER = "assay"
PORT = 5432  # names the socket only: no TCP port is opened
_SOCKET_BYTES_MAX = 107
_ATTEMPTS_S = 180
_KEEPER = Path(__file__).with_name("keeper.py")
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "fsync": "on",
    "wal_level": "minimal",  # nobody replicates it, and a COPY into a new table is then written once
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm is 64 MB in most containers
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}

__all__ = ["DatabaseUnavailable", "embedded_server", "until_stopped"]


@asynccontextmanager
async def embedded_server(data_dir: Path, *, binaries: Path | None = None) -> AsyncIterator[str]:
    """The connection string of the server in ``data_dir``, started if need be, running at least until the exit.

    Any number of processes may use one directory at a time. Raises DatabaseUnavailable.
    """
    try:
        home = _prepare_home(data_dir)
        sockets = _socket_folder(home)
    except OSError as error:
        raise DatabaseUnavailable(f"the data directory {data_dir} cannot be used: {error}") from error
    deadline = time.monotonic() + _ATTEMPTS_S
    with _lock_file(home / "users.lock") as users:
        await _lock(users, fcntl.LOCK_SH, deadline)
        yield await _running(home, sockets, binaries or wheel_binaries(), deadline)


async def until_stopped(data_dir: Path) -> None:
    """Wait until no process of the server is left, as it is soon after its last user has gone: then the directory can
    be removed. Raises DatabaseUnavailable where others keep it up.
    """
    home, deadline = _absolute(data_dir), time.monotonic() + _ATTEMPTS_S
    while not _server_gone(home):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"the embedded server in {home} is still in use")
        await asyncio.sleep(0.02)


async def _running(home: Path, sockets: Path, binaries: Path, deadline: float) -> str:
    """The connection string, once the server answers."""
    with _lock_file(home / "start.lock") as start:
        while True:
            if await _answers(dsn := _dsn(home, sockets)):
                assert dsn is not None
                return dsn
            await _lock(start, fcntl.LOCK_EX, deadline)
            try:
                if not await _answers(_dsn(home, sockets)) and _server_gone(home):
                    await _launch(home, sockets, binaries)
            finally:
                fcntl.flock(start, fcntl.LOCK_UN)
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(f"the embedded server does not answer; see {home / 'server.log'}")
            await asyncio.sleep(0.02)


async def _launch(home: Path, sockets: Path, binaries: Path) -> None:
    config = {
        "home": str(home),
        "bin": str(await asyncio.to_thread(reachable_binaries, home, binaries)),
        "sockets": str(sockets),
        "data": f"postgres{_major(binaries)}",
        "user": USER,
        "uid": NOBODY if os.geteuid() == 0 else None,
        "settings": _SETTINGS,
    }
    command = [sys.executable, "-I", str(_KEEPER), json.dumps(config)]
    # In a thread: under uvloop a child that leaves a process behind is not seen to end.
    launcher = await asyncio.to_thread(
        subprocess.run, command, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if launcher.returncode != 0:
        raise DatabaseUnavailable(
            f"the embedded server does not start: {launcher.stderr.decode(errors='replace').strip()}"
        )


def _major(binaries: Path) -> str:
    command: list[str | Path] = [binaries / "postgres", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")  # noqa: S603 - our own path
    return said.stdout.split()[2].split(".")[0]


async def _answers(dsn: str | None) -> bool:
    """Whether the server takes our password. A wrong password is no reason to start another server: it raises."""
    if dsn is None:
        return False
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except asyncpg.InvalidPasswordError:
        raise DatabaseUnavailable("the embedded server refuses the password of its own directory") from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await connection.close()
    return True


def _server_gone(home: Path) -> bool:
    """True when no process of an older server is left (each of them holds this lock)."""
    with _lock_file(home / "server.lock") as server:
        try:
            fcntl.flock(server, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _dsn(home: Path, sockets: Path) -> str | None:
    try:
        password = (home / "password").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return f"postgresql://{USER}:{quote(password)}@/postgres?host={quote(str(sockets), safe='')}&port={PORT}"


def _absolute(data_dir: Path) -> Path:
    return data_dir.absolute()


def _prepare_home(data_dir: Path) -> Path:
    home = _absolute(data_dir)
    home.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
    return home


def _socket_folder(home: Path) -> Path:
    """``home``/run, or a short folder of ours in the temporary directory where a socket's path would be too long."""
    folder = home / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) > _SOCKET_BYTES_MAX:
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"assay-{os.geteuid()}-{digest}"
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
    except FileExistsError:
        found = folder.lstat()
        if found.st_uid != owner or not folder.is_dir() or folder.is_symlink():
            raise DatabaseUnavailable(f"{folder} exists and belongs to somebody else") from None
    return folder


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _lock(descriptor: int, kind: int, deadline: float) -> None:
    """Polled, because a blocking wait could not be cancelled."""
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatabaseUnavailable("the embedded server is still being started or stopped by others") from None
            await asyncio.sleep(0.02)
        else:
            return
