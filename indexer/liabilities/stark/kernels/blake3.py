"""Keyed BLAKE3 of many inputs of one length at once, sixteen in the lanes of a vector; and Merkle trees of them.

Source: the BLAKE3 specification (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020), section 2. The package ``blake3``
says the same of every single input, and the tests compare them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indexer.liabilities.stark.field import Words
from indexer.liabilities.stark.hashing import purpose_key
from indexer.liabilities.stark.kernels.compiled import LINE, address, compiled, intrinsic, matrix, nothing, word
from indexer.liabilities.stark.kernels.lanes import at, constant, done, load, splat, store

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS = 7
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT, _KEYED = 1, 2, 4, 8, 16
_CHUNK_BYTES = 1024
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def hash_rows(key: bytes, rows: Words, size: int) -> Words:
    """BLAKE3.keyed(key, the first ``size`` bytes of each row): [rows, 8]. Bytes beyond must be zero."""
    chunks = [
        _chunks(rows, at // 4, min(_CHUNK_BYTES, size - at), number, size <= _CHUNK_BYTES, key)
        for number, at in enumerate(range(0, max(size, 1), _CHUNK_BYTES))
    ]
    return _tree(chunks, key, _ROOT)


def merkle_levels(leaves: Words, cap: int) -> list[Words]:
    """From the leaves up to the level of ``cap`` nodes."""
    key, levels = purpose_key("node"), [leaves]
    while len(levels[-1]) > cap:
        below = levels[-1]
        levels.append(hash_rows(key, below.reshape(len(below) // 2, 16), 64))
    return levels


def siblings(levels: list[Words], index: int) -> list[bytes]:
    """Of a leaf, up to the level below the cap."""
    return [level[(index >> at) ^ 1].tobytes() for at, level in enumerate(levels[:-1])]


def _tree(nodes: list[Words], key: bytes, root: int) -> Words:
    """The left subtree holds the largest power of two of chunks that leaves something to the right."""
    if len(nodes) == 1:
        return nodes[0]
    left = 1 << ((len(nodes) - 1).bit_length() - 1)
    pair = np.concatenate([_tree(nodes[:left], key, 0), _tree(nodes[left:], key, 0)], axis=1)
    return _blocks(pair, 0, 64, 0, _KEYED | _PARENT | root, _KEYED | _PARENT | root, key)


def _chunks(rows: Words, first_word: int, size: int, number: int, alone: bool, key: bytes) -> Words:
    last = _CHUNK_END | (_ROOT if alone else 0)
    return _blocks(rows, first_word, size, number, _KEYED | _CHUNK_START, _KEYED | last, key)


def _blocks(rows: Words, first_word: int, size: int, counter: int, first: int, last: int, key: bytes) -> Words:
    """One chunk, or parent, of every row; ``first`` and ``last`` are flags of the outer blocks."""
    out = np.empty((len(rows), 8), np.uint32)
    _hash(
        rows, first_word, size, counter, first, last, np.frombuffer(key, "<u4"), out, matrix(16, LINE), matrix(8, LINE)
    )
    return out


@intrinsic
def _compress(_: Any, message: Any, chaining: Any, length: Any, flags: Any, counter: Any) -> Any:
    """16 lines of message into 8 lines of chaining values; line w holds word w of every lane"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        m = [load(b, at(b, args[0], k)) for k in range(16)]
        h = [load(b, at(b, args[1], k)) for k in range(8)]
        tail = [splat(b, args[4]), constant(0), splat(b, args[2]), splat(b, args[3])]
        v = [*h, *(constant(each) for each in _IV), *tail]

        def mix(quarter: tuple[int, int, int, int], x: Any, y: Any) -> None:
            i, j, k, last = quarter
            for word_, right, left in ((x, 16, 12), (y, 8, 7)):
                v[i] = b.add(b.add(v[i], v[j]), word_)
                v[last] = _rotated(b, b.xor(v[last], v[i]), right)
                v[k] = b.add(v[k], v[last])
                v[j] = _rotated(b, b.xor(v[j], v[k]), left)

        for _round in range(_ROUNDS):
            for number, quarter in enumerate((*_COLUMNS, *_DIAGONALS)):
                mix(quarter, m[2 * number], m[2 * number + 1])
            m = [m[k] for k in _PERMUTATION]
        for k in range(8):
            store(b, b.xor(v[k], v[k + 8]), at(b, args[1], k))
        return done(context)

    return nothing(address, address, word, word, word), generate


def _rotated(builder: Any, x: Any, by: int) -> Any:
    return builder.or_(builder.lshr(x, constant(by)), builder.shl(x, constant(32 - by)))


@compiled
def _hash(
    rows: Words,
    first_word: int,
    size: int,
    counter: int,
    first: int,
    last: int,
    key: Words,
    out: Words,
    message: Words,
    chaining: Words,
) -> None:
    blocks = max(1, (size + 63) // 64)
    words = (size + 3) // 4
    for start in range(0, rows.shape[0], 16):
        lanes = min(16, rows.shape[0] - start)
        for k in range(8):
            for lane in range(16):
                chaining[k, lane] = key[k]
        for block in range(blocks):
            held = min(16, words - 16 * block)
            for lane in range(lanes):
                for k in range(held):
                    message[k, lane] = rows[start + lane, first_word + 16 * block + k]
            for k in range(held, 16):
                for lane in range(16):
                    message[k, lane] = np.uint32(0)
            flags = first & 20 if block else first
            if block == blocks - 1:
                flags |= last
            length = min(64, size - 64 * block)
            _compress(
                np.uintp(message.ctypes.data),
                np.uintp(chaining.ctypes.data),
                np.uint32(length),
                np.uint32(flags),
                np.uint32(counter),
            )
        for lane in range(lanes):
            for k in range(8):
                out[start + lane, k] = chaining[k, lane]
