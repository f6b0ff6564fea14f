"""The process that owns one embedded PostgreSQL: `python keeper.py CONFIG`. Standard library only, run by path.

It initialises the cluster where there is none, starts the server, detaches, and stops the server cleanly once nobody
holds a shared lock on users.lock any more, however the users ended. Three locks in the data directory, all released
by the kernel with their process:

    users.lock   shared by every client; the keeper waits for it exclusively, and holds it while it stops the server
    start.lock   one client at a time decides whether a keeper is needed
    server.lock  inherited by every server process: free means that nothing of an old server is left

The launching process stays until the server accepts connections (exit code 0) or has failed (1, reason on stderr).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
START_S = 120  # crash recovery of a large journal takes its time
STOP_S = 60
LOG_BYTES_MAX = 16 * 1024**2


class Cluster:
    """The paths and identity of one embedded server; ``uid`` is set where root must not run it."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.home = Path(config["home"])
        self.bin = Path(config["bin"])
        self.sockets = Path(config["sockets"])
        self.user: str = config["user"]
        self.uid: int | None = config["uid"]
        self.settings: dict[str, str] = config["settings"]
        self.data = self.home / config["data"]
        self.password = self.home / "password"
        self.log = self.home / "server.log"
        self.identity: dict[str, Any] = {}
        if self.uid is not None:
            self.identity = {"user": self.uid, "group": self.uid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)

    def initialise(self) -> None:
        """initdb into a temporary directory, then rename: a cluster exists whole or not at all."""
        if self.data.exists():
            return
        if not self.password.exists():
            fresh = self.home / "password.new"
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(24))
            self.own(fresh)
            fresh.rename(self.password)
        half_made = self.home / "initdb.tmp"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        self.own(half_made)
        command: list[str | Path] = [self.bin / "initdb", "-D", half_made, "-U", self.user, "--pwfile", self.password]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(  # noqa: S603 - the programs of our own wheel
            command, cwd="/", capture_output=True, text=True, check=False, **self.identity
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()[-2000:]}")
        half_made.rename(self.data)

    def start(self, server_lock: int) -> subprocess.Popen[bytes]:
        """The server as our child: it dies with us. No server process is left, so old pid and socket files lie."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self.sockets.glob(".s.PGSQL.*"):
            stale.unlink()
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.home / "server.log.1")
        command: list[str | Path] = [self.bin / "postgres", "-D", self.data, "-k", self.sockets]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - as above
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[server_lock],
                # After the change of user, which would clear it; there are no threads here.
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509
                **self.identity,
            )

    def log_tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-5:])


def _die_with(keeper: int) -> Any:
    def prepare() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != keeper:
            os._exit(1)

    return prepare


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _server_lock(home: Path) -> int:
    """Wait until every process of an older server has ended."""
    descriptor = _lock_file(home / "server.lock")
    deadline = time.monotonic() + STOP_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise RuntimeError("an older server of this directory does not end") from None
            time.sleep(0.02)
        else:
            return descriptor


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes]) -> None:
    """postmaster.pid says `ready` in its last line; asking by socket would need a password."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"postgres ended with code {server.returncode}: {cluster.log_tail()}")
        try:
            lines = (cluster.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            lines = []
        if len(lines) > 7 and lines[7].strip() == "ready":
            return
        time.sleep(0.01)
    raise RuntimeError(f"postgres is not ready after {START_S} s: {cluster.log_tail()}")


def _detach() -> int:
    """Go on in the background; returns where to report to the launching process, which waits for one word."""
    reports, tell = os.pipe()
    if os.fork():
        os.close(tell)
        with open(reports, encoding="utf-8") as pipe:
            word = pipe.read()
        if word != "ready":
            sys.stderr.write(word or "the keeper of the embedded server was killed")
        os._exit(0 if word == "ready" else 1)
    os.close(reports)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return tell


def _report(tell: int, word: str) -> None:
    os.write(tell, word.encode())
    os.close(tell)


def _leave(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(1 if number == signal.SIGCHLD else 0)


def _serve(cluster: Cluster, server: subprocess.Popen[bytes]) -> None:
    """Until the last user is gone, the server has died, or we are told to end."""
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    users = _lock_file(cluster.home / "users.lock")
    try:
        if server.poll() is None:
            fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN if number != signal.SIGCHLD else signal.SIG_DFL)
        if server.poll() is None:
            server.send_signal(signal.SIGINT)  # fast shutdown: a clean stop that waits for nobody
            server.wait(STOP_S)


def main() -> None:
    cluster = Cluster(json.loads(sys.argv[1]))
    tell = _detach()
    try:
        server_lock = _server_lock(cluster.home)
        cluster.initialise()
        server = cluster.start(server_lock)
        os.close(server_lock)  # the server's processes hold it from here on
        _wait_until_ready(cluster, server)
    except Exception as error:
        _report(tell, f"{error}")
        raise SystemExit(1) from None
    _report(tell, "ready")
    _serve(cluster, server)


if __name__ == "__main__":
    main()
