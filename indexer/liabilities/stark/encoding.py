"""The bytes of a segment: a fixed sequence of fixed sizes, so that a length is right or wrong, never read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.liabilities.stark.errors import well_formed
from indexer.liabilities.stark.extension import DEGREE
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import DIGEST_BYTES, SCHEME, u32
from indexer.liabilities.stark.params import ARITY, ARITY_BITS, SALT_WORDS, Layout

MAGIC = SCHEME.encode() + b" segment\n"

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What is fixed before the first challenge. Caps are [2^cap_bits, 32], ``user_root`` 32 bytes."""

    user_root: bytes
    base_cap: Bytes
    limb_sums: Words  # [limbs]
    blind_sum: Words  # [5]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProof:
    """One segment, decoded. Lists of three follow base, lookup and quotient columns; lists per layer follow FRI."""

    statement: bytes
    segment: int
    committed: Committed
    fingerprints: Words  # [rows, 5]
    lookup_cap: Bytes
    quotient_cap: Bytes
    openings: Words  # [columns + 5, 5]: every column at z, then the running sum at g z
    fri_caps: list[Bytes]
    final: Words  # [final_terms, 5], lowest first
    nonce: int
    rows: list[Words]  # 3 x [queries, width + SALT_WORDS]
    row_paths: list[Bytes]  # 3 x [queries, siblings, 32]
    fri_leaves: list[Words]  # layers x [queries, ARITY * 5]
    fri_paths: list[Bytes]  # layers x [queries, siblings, 32]


def encode(layout: Layout, proof: SegmentProof) -> bytes:
    parts: list[bytes] = [MAGIC, proof.statement, u32(proof.segment), u32(layout.assets), proof.committed.user_root]
    words: list[Words | Bytes] = [proof.committed.base_cap, proof.committed.limb_sums, proof.committed.blind_sum]
    words += [proof.fingerprints, proof.lookup_cap, proof.quotient_cap, proof.openings, *proof.fri_caps, proof.final]
    parts += [_little(each) for each in words]
    parts.append(proof.nonce.to_bytes(8, "little"))
    tail: list[Words | Bytes] = [*proof.rows, *proof.row_paths, *proof.fri_leaves, *proof.fri_paths]
    parts += [_little(each) for each in tail]
    return b"".join(parts)


def _little(values: Words | Bytes) -> bytes:
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


class _Reader:
    """Cuts a buffer into arrays. The whole length is checked once, before anything is cut."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def raw(self, size: int) -> bytes:
        self.at += size
        return self._data[self.at - size : self.at]

    def digests(self, *shape: int) -> Bytes:
        size = int(np.prod(shape)) * DIGEST_BYTES
        self.at += size
        return np.frombuffer(self._data, np.uint8, size, self.at - size).reshape(*shape, DIGEST_BYTES)

    def words(self, *shape: int) -> Words:
        count = int(np.prod(shape))
        self.at += 4 * count
        return np.frombuffer(self._data, "<u4", count, self.at - 4 * count).reshape(shape)

    def elements(self, *shape: int) -> Words:
        """Raises Malformed for a second spelling of an element."""
        values = self.words(*shape)
        well_formed(int(values.max()) < P, "a field element is not below P")
        return values


def header_bytes() -> int:
    return len(MAGIC) + DIGEST_BYTES + 8


def row_depth(layout: Layout) -> int:
    """Siblings of a row of the committed matrices."""
    return layout.params.log_domain - layout.params.cap_bits


def fri_depth(layout: Layout, layer: int) -> int:
    """Siblings of a leaf of FRI's layer, of 8 values each."""
    return layout.params.log_domain - ARITY_BITS * (layer + 1) - layout.params.cap_bits


def fingerprints_at(layout: Layout) -> int:
    """Where the fingerprints begin."""
    cap = DIGEST_BYTES << layout.params.cap_bits
    return header_bytes() + DIGEST_BYTES + cap + 4 * (layout.limbs + DEGREE)


def encoded_bytes(layout: Layout) -> int:
    """The length of every segment of this layout."""
    params = layout.params
    cap = DIGEST_BYTES << params.cap_bits
    siblings = 3 * row_depth(layout) + sum(fri_depth(layout, layer) for layer in range(params.fri_layers))
    row_words = layout.columns + 3 * SALT_WORDS + params.fri_layers * ARITY * DEGREE
    return (
        fingerprints_at(layout)
        + 4 * DEGREE * params.rows
        + 2 * cap
        + 4 * DEGREE * (layout.columns + DEGREE)
        + cap * params.fri_layers
        + 4 * DEGREE * params.final_terms
        + 8
        + params.queries * (4 * row_words + DIGEST_BYTES * siblings)
    )


def decode_committed(layout: Layout, data: bytes) -> tuple[bytes, int, Committed]:
    """The statement's digest, the segment's number and what was committed first. Raises Malformed."""
    well_formed(len(data) == encoded_bytes(layout), f"{len(data)} bytes, not {encoded_bytes(layout)}")
    return _committed(layout, _Reader(data))


def decode(layout: Layout, data: bytes) -> SegmentProof:
    """Raises Malformed for anything but the one encoding of a segment."""
    well_formed(len(data) == encoded_bytes(layout), f"{len(data)} bytes, not {encoded_bytes(layout)}")
    params, reader = layout.params, _Reader(data)
    cap, queries = 1 << params.cap_bits, params.queries
    statement, segment, committed = _committed(layout, reader)
    return SegmentProof(
        statement=statement,
        segment=segment,
        committed=committed,
        fingerprints=reader.elements(params.rows, DEGREE),
        lookup_cap=reader.digests(cap),
        quotient_cap=reader.digests(cap),
        openings=reader.elements(layout.columns + DEGREE, DEGREE),
        fri_caps=[reader.digests(cap) for _ in range(params.fri_layers)],
        final=reader.elements(params.final_terms, DEGREE),
        nonce=int.from_bytes(reader.raw(8), "little"),
        rows=list(_rows(layout, reader)),
        row_paths=[reader.digests(queries, row_depth(layout)) for _ in layout.widths],
        fri_leaves=[reader.elements(queries, ARITY * DEGREE) for _ in range(params.fri_layers)],
        fri_paths=[reader.digests(queries, fri_depth(layout, layer)) for layer in range(params.fri_layers)],
    )


def _committed(layout: Layout, reader: _Reader) -> tuple[bytes, int, Committed]:
    well_formed(reader.raw(len(MAGIC)) == MAGIC, "no segment of this scheme")
    statement = reader.raw(DIGEST_BYTES)
    segment = int.from_bytes(reader.raw(4), "little")
    well_formed(int.from_bytes(reader.raw(4), "little") == layout.assets, "another number of assets")
    committed = Committed(
        user_root=reader.raw(DIGEST_BYTES),
        base_cap=reader.digests(1 << layout.params.cap_bits),
        limb_sums=reader.words(layout.limbs),
        blind_sum=reader.elements(DEGREE),
    )
    most = layout.params.active_rows * layout.params.limb_max
    well_formed(int(committed.limb_sums.max()) <= most, "a sum of limbs is beyond what the rows can hold")
    return statement, segment, committed


def _rows(layout: Layout, reader: _Reader) -> Iterator[Words]:
    for width in layout.widths:
        rows = reader.words(layout.params.queries, width + SALT_WORDS)
        well_formed(int(rows[:, :width].max()) < P, "a field element is not below P")
        yield rows


def segment_number(head: bytes) -> int:
    """What the file says it is, for finding it; -1 where it is too short to say."""
    at = len(MAGIC) + DIGEST_BYTES
    return int.from_bytes(head[at : at + 4], "little") if len(head) >= header_bytes() else -1
