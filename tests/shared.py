"""Published data beside the repository: read when present, skipped cleanly when not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("ASSAY_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def shared(*parts: str) -> Path:
    """The path of a published file; skips the test, saying so, where it is not at hand."""
    path = ROOT.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"published data not present: data/{'/'.join(parts)} (set ASSAY_SHARED)")
    return path
