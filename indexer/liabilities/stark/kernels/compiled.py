"""numba's decorators, typed. Compiled code is kept in numba's cache, beside the source or in the user's directory.

The cache looks at the file a function stands in, not at what it calls: after a change in `lanes` clear ``__pycache__``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import extending, types
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

address = types.uintp
word = types.uint32
nothing = types.void
LINE = 16
LINE_BYTES = np.uintp(64)


def compiled(function: Function) -> Function:
    return _compiled(function, nogil=True)


def inlined(function: Function) -> Function:
    return _compiled(function, nogil=True, inline="always")


def _compiled(function: Function, **options: Any) -> Function:
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # there is no directory to keep it in: compiled again by every process
        return cast(Function, numba.njit(**options)(function))


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    return cast(Callable[..., Any], extending.intrinsic(function))


def padded(width: int) -> int:
    """The next multiple of a line."""
    return -(-width // LINE) * LINE


def matrix(rows: int, width: int) -> NDArray[np.uint32]:
    """Zeros, ``width`` rounded up to whole lines, the first of them aligned to 64 bytes."""
    size = rows * padded(width)
    memory = np.zeros(size + LINE, np.uint32)
    skip = -memory.ctypes.data % 64 // 4
    return memory[skip : skip + size].reshape(rows, padded(width))
