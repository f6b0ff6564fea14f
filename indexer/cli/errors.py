"""What a person can type wrongly beyond what the parser sees."""

from __future__ import annotations

from importlib.util import find_spec


class BadArgument(ValueError):
    """An argument that parses but means nothing; the message names it."""


def require_numba() -> None:
    """Raises BadArgument where the extra that proves is not installed."""
    if find_spec("numba") is None:
        raise BadArgument("proving needs numba: install assay[stark] (verifying does not)")
