"""Documents in memory for the tests of commitment schemes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MemoryDocument:
    """A document whose bytes the test writes."""

    name: str
    data: bytes

    @property
    def head(self) -> bytes:
        return self.data[:4096]

    def lines(self) -> Iterator[bytes]:
        for line in self.data.splitlines(keepends=True):
            yield line.rstrip(b"\r\n")

    def read(self) -> bytes:
        return self.data


def text_document(name: str, text: str) -> MemoryDocument:
    return MemoryDocument(name, text.encode())


def json_document(name: str, value: Any) -> MemoryDocument:
    return MemoryDocument(name, json.dumps(value).encode())


def file_document(path: Path) -> MemoryDocument:
    return MemoryDocument(path.name, path.read_bytes())
