"""Engines that npm brings, each into a folder of its own below .cache/engines."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from scripts.engines import EngineMissing

HOME = Path(__file__).resolve().parents[2] / ".cache" / "engines"
INSTALL_S = 300


def complete(into: Path) -> bool:
    """Whether an installation came to its end: npm writes this file last, so one that was killed has none."""
    return (into / "node_modules" / ".package-lock.json").exists()


def install(into: Path, *packages: str) -> None:
    """Runs no script of any package: engines need none, and compiling what they may do without takes minutes.

    Two processes that install into one folder take turns. Raises EngineMissing.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise EngineMissing(f"{packages[0]} is not installed and there is no npm to install it")
    into.mkdir(parents=True, exist_ok=True)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    command = [npm, "install", "--prefix", str(into), *quiet, *packages]
    try:
        with (into / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise EngineMissing(f"npm did not install {packages[0]} within {INSTALL_S} seconds") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no word of why"]
        raise EngineMissing(f"npm could not install {packages[0]}: {lines[-1]}")
