"""Which walker there is here: the compiled one where numba is installed (extra ``fast``), else the plain one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from chains.utxo.dump import pure
from chains.utxo.dump.walk import Walker
from chains.utxo.dump.watch import Watched

Name = Literal["numba", "python"]


@dataclass(frozen=True, slots=True)
class Engine:
    name: Name
    index: Callable[[Watched], Any]
    walk: Walker


def engine(name: Name | None = None) -> Engine:
    """The named walker, or the best there is. Raises ImportError for a named one that is not."""
    if name == "python":
        return Engine("python", pure.index, pure.walk)
    try:
        from chains.utxo.dump import kernel  # noqa: PLC0415 - costs a second, and needs the extra
    except (ImportError, RuntimeError):  # numba's word for having no place to keep what it compiled
        if name is not None:
            raise
        return engine("python")
    return Engine("numba", kernel.index, kernel.walk)
