"""The bytes of a published file, in bounded chunks: counted and hashed as they lie, unpacked where they are gzip."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from indexer.intake.errors import BadList

CHUNK_BYTES = 256 * 1024
UNPACKED_BYTES_MAX = 16 * 1024**3
UNPACKED_BYTES_FREE = 16 * 1024**2  # below this the ratio says nothing
UNPACKED_RATIO_MAX = 100  # real lists pack 2 to 20 times
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
_GZIP_WINDOW = 31


class ByteSource:
    """Iterate once; ``sha256`` and ``size`` are those of the file as published, and final after the last chunk."""

    def __init__(self, path: Path) -> None:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadList(f"{path.name}: not a plain file")
        self._path = path
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        """Unpacked chunks. Raises BadList for archives, damaged or exploding gzip, and a file that changes."""
        raw = self._raw()
        first = next(raw, b"")
        if first.startswith(_ZIP_MAGIC):
            raise BadList(f"{self._path.name}: a ZIP archive; unpack it and name the file inside")
        chunks = chain((first,), raw)
        return _inflate(chunks, self._path.name) if first.startswith(_GZIP_MAGIC) else chunks

    def _raw(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            before = os.fstat(file.fileno())
            while chunk := file.read(CHUNK_BYTES):
                self._hash.update(chunk)
                self.size += len(chunk)
                yield chunk
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns, self.size) != (after.st_size, after.st_mtime_ns, after.st_size):
            raise BadList(f"{self._path.name}: changed while it was being read")


def _inflate(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    packed = unpacked = 0
    inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
    for chunk in chunks:
        packed += len(chunk)
        data = chunk
        while data:
            if inflater.eof:  # a file may be several gzip members in a row
                inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
            try:
                piece = inflater.decompress(data, CHUNK_BYTES)
            except zlib.error:
                raise BadList(f"{name}: damaged gzip") from None
            unpacked += len(piece)
            if unpacked > UNPACKED_BYTES_MAX or unpacked > UNPACKED_BYTES_FREE + UNPACKED_RATIO_MAX * packed:
                raise BadList(f"{name}: gzip that unpacks to more than a list can be")
            if piece:
                yield piece
            # Input may be used up while output is still held back by the cap: then an empty call brings the rest.
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    while not inflater.eof:
        piece = inflater.decompress(b"", CHUNK_BYTES)
        if not piece:
            raise BadList(f"{name}: truncated gzip")
        yield piece
