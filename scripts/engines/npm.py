"""Engines that npm brings, each into a folder of its own below .cache/engines."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.engines import EngineMissing

HOME = Path(__file__).resolve().parents[2] / ".cache" / "engines"
INSTALL_S = 300
_MANIFESTS = ("package.json", "package-lock.json")


def complete(into: Path) -> bool:
    """Whether an installation came to its end: npm writes this file last, so one that was killed has none."""
    return (into / "node_modules" / ".package-lock.json").exists()


def locked(into: Path, manifests: Path) -> bool:
    """Whether ``into`` holds, whole, what the lock in ``manifests`` says today."""
    return complete(into) and all(
        (into / name).exists() and (into / name).read_bytes() == (manifests / name).read_bytes() for name in _MANIFESTS
    )


def install(into: Path, *packages: str) -> None:
    """Two processes that install into one folder take turns. Raises EngineMissing."""
    with _turn(into):
        _npm(into, packages[0], "install", *packages)


def install_locked(into: Path, manifests: Path) -> None:
    """Exactly what the lock in ``manifests`` says, checked by its hashes. Raises EngineMissing."""
    with _turn(into):
        if not locked(into, manifests):
            for name in _MANIFESTS:
                shutil.copyfile(manifests / name, into / name)
            _npm(into, f"what {manifests.name} needs", "ci")


@contextmanager
def _turn(into: Path) -> Iterator[None]:
    into.mkdir(parents=True, exist_ok=True)
    with (into / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _npm(into: Path, what: str, *words: str) -> None:
    """Runs no script of any package: engines need none, and compiling what they may do without takes minutes."""
    npm = shutil.which("npm")
    if npm is None:
        raise EngineMissing(f"{what} is not installed and there is no npm to install it")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    command = [npm, words[0], "--prefix", str(into), *quiet, *words[1:]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise EngineMissing(f"npm did not install {what} within {INSTALL_S} seconds") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no word of why"]
        raise EngineMissing(f"npm could not install {what}: {lines[-1]}")
