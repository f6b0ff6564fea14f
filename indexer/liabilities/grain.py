"""The Grain LFSR that the Poseidon paper (Appendix E) uses to choose round constants and the MDS matrix, for prime
fields and x^a.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

Matrix = tuple[tuple[int, ...], ...]


def parameters(*, prime: int, width: int, full: int, partial: int) -> tuple[tuple[int, ...], Matrix]:
    """``(full + partial) * width`` round constants in the order of use, and a ``width`` x ``width`` Cauchy matrix, row
    by row.
    """
    bits = prime.bit_length()
    stream = _shrunk(_register(bits=bits, width=width, full=full, partial=partial))
    constants: list[int] = []
    while len(constants) < (full + partial) * width:
        candidate = _number(stream, bits)
        if candidate < prime:
            constants.append(candidate)
    # Unlike the constants, the reference script reduces these instead of redrawing them.
    points = [_number(stream, bits) % prime for _ in range(2 * width)]
    assert len(set(points)) == len(points), "the reference script would draw again"
    matrix = tuple(tuple(pow(x + y, -1, prime) for y in points[width:]) for x in points[:width])
    return tuple(constants), matrix


def inverse(matrix: Matrix, *, prime: int) -> Matrix:
    """The inverse of a square matrix over the field, by Gauss and Jordan; it must have one."""
    size = len(matrix)
    rows = [[*line, *(int(row == column) for column in range(size))] for row, line in enumerate(matrix)]
    for column in range(size):
        pivot = next(row for row in range(column, size) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = pow(rows[column][column], -1, prime)
        rows[column] = [entry * scale % prime for entry in rows[column]]
        for row in range(size):
            if row != column and (factor := rows[row][column]):
                pairs = zip(rows[row], rows[column], strict=True)
                rows[row] = [(entry - factor * taken) % prime for entry, taken in pairs]
    return tuple(tuple(line[size:]) for line in rows)


def _register(*, bits: int, width: int, full: int, partial: int) -> Iterator[int]:
    """The 80-bit register, oldest bit lowest; the first 160 bits are thrown away."""
    fields = ((1, 2), (0, 4), (bits, 12), (width, 12), (full, 10), (partial, 10), (2**30 - 1, 30))
    state = int("".join(f"{value:0{size}b}" for value, size in fields)[::-1], 2)
    for clock in range(2**32):
        fresh = (state >> 62 ^ state >> 51 ^ state >> 38 ^ state >> 23 ^ state >> 13 ^ state) & 1
        state = state >> 1 | fresh << 79
        if clock >= 160:
            yield fresh


def _shrunk(register: Iterator[int]) -> Iterator[int]:
    """Self-shrinking: of each pair of bits the second counts where the first is 1."""
    for chosen in register:
        kept = next(register)
        if chosen:
            yield kept


def _number(stream: Iterator[int], bits: int) -> int:
    return int("".join(map(str, islice(stream, bits))), 2)
