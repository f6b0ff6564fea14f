"""The narrow protocol every commitment scheme follows: recognise a publication, recompute it, say what it shows.

Schemes are pure: they see documents, which intake opens, and return a verdict. A fault in the data is a rejection in
the verdict; only a document that cannot be read as the scheme's at all raises BadDocument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeVar

from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven, Rejected

REJECTED_MAX = 100
LINE_BYTES_MAX = 1 << 20
DOCUMENT_BYTES_MAX = 64 << 20


Block = TypeVar("Block")
Seen = TypeVar("Seen")


class BadDocument(ValueError):
    """The file is not what the scheme reads; the message names it."""


class Document(Protocol):
    """A published file, readable from the start as often as wanted (two readers may be open at once)."""

    @property
    def name(self) -> str:
        """How it is called in a verdict: a path with forward slashes."""

    @property
    def head(self) -> bytes:
        """The first 4,096 bytes, or all of a smaller file."""

    def lines(self) -> Iterator[bytes]:
        """Every line without its line end, streamed. Raises BadDocument over LINE_BYTES_MAX."""

    def read(self) -> bytes:
        """The whole of a small file. Raises BadDocument over DOCUMENT_BYTES_MAX."""


class Spread(Protocol):
    """The builtin ``map``, or one that does the work elsewhere: ``work`` of every block, in their order."""

    def __call__(self, work: Callable[[Block], Seen], blocks: Iterable[Block], /) -> Iterator[Seen]: ...


class Scheme(Protocol):
    """What a scheme's module offers."""

    NAME: str

    def recognises(self, document: Document) -> bool:
        """Whether the document is one of this scheme's files, by its name and head alone."""

    def verify(self, documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
        """Recompute everything the documents allow. Raises BadDocument where they cannot be read as this scheme's."""


@dataclass
class Rejections:
    """Counts everything that does not hold and keeps the first of it."""

    listed: list[Rejected] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, reason: str) -> None:
        self.count += 1
        if len(self.listed) < REJECTED_MAX:
            self.listed.append(Rejected(where, reason))

    @property
    def none(self) -> bool:
        return self.count == 0


def json_object(document: Document) -> dict[str, Any]:
    """The document as one JSON object. Numbers with a point stay text (``parse_float``), keys are never repeated."""
    try:
        value = json.loads(
            document.read(), object_pairs_hook=_no_repeated_key, parse_constant=_no_constant, parse_float=str
        )
    except (ValueError, RecursionError) as error:
        raise BadDocument(f"{document.name}: not JSON as published: {error}") from None
    if not isinstance(value, dict):
        raise BadDocument(f"{document.name}: not a JSON object")
    return value


def json_lines_object(text: bytes | str) -> dict[str, Any]:
    """One small JSON object inside a line. Raises ValueError."""
    value = json.loads(text, object_pairs_hook=_no_repeated_key, parse_constant=_no_constant, parse_float=str)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _no_repeated_key(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key twice in one object")
    return table


def _no_constant(token: str) -> NoReturn:
    raise ValueError(f"{token} is no amount")


def conclude(
    *,
    scheme: str,
    version: str,
    root_found: str | None,
    root_published: str | None,
    totals: Sequence[CommittedTotal],
    leaves: int | None,
    proven: Sequence[Proven],
    not_proven: Sequence[str],
    rejections: Rejections,
    found: Sequence[CommittedTotal] = (),
) -> LiabilityVerdict:
    """The verdict; one rejection is enough for it to be invalid, and then nothing is proven."""
    return LiabilityVerdict(
        scheme=scheme,
        version=version,
        root_found=root_found,
        root_published=root_published,
        totals=tuple(totals),
        leaves=leaves,
        valid=rejections.none,
        proven=tuple(proven) if rejections.none else (),
        not_proven=tuple(not_proven),
        rejected=tuple(rejections.listed),
        rejected_count=rejections.count,
        found=tuple(found),
    )
