"""Contracts as their npm packages carry them: brought once, and kept beside the engines."""

from __future__ import annotations

import shutil
import subprocess
import tarfile

from scripts.engines import EngineMissing
from scripts.engines.npm import HOME


def read_member(package: str, archive: str, member: str) -> str:
    """One file of ``name@version``, whose archive npm calls ``archive``. Raises EngineMissing."""
    path = HOME / archive
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise EngineMissing(f"{package} is not here yet and there is no npm to bring it")
        HOME.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--pack-destination", str(HOME), "--loglevel=error", package]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=HOME)
        if done.returncode:
            raise EngineMissing(f"npm could not bring {package}: {done.stderr.strip()[-200:]}")
    with tarfile.open(path) as opened:
        file = opened.extractfile(f"package/{member}")
        assert file is not None, f"{package} has no {member}"
        return file.read().decode()
