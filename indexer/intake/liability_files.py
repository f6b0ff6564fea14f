"""Opens the files of a commitment of liabilities: plain or gzip, streamed line by line."""

from __future__ import annotations

import gzip
import hashlib
import os.path
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from indexer.liabilities.scheme import DOCUMENT_BYTES_MAX, LINE_BYTES_MAX, BadDocument

HEAD_BYTES = 4096
_GZIP = b"\x1f\x8b"


class FileDocument:
    """One file on disk as a document. Raises OSError where it cannot be opened, BadDocument where it is damaged."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self._path = path
        self.name = path.as_posix() if name is None else name

    @cached_property
    def head(self) -> bytes:
        return self._read_at_most(HEAD_BYTES)

    def lines(self) -> Iterator[bytes]:
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[list[bytes]]:
        """The lines, a block of the file at a time: chained in C, a line costs a third of what a generator's would."""
        with self._open() as file:
            try:
                rest = b""
                while block := file.read(LINE_BYTES_MAX):
                    data = rest + block
                    lines = data.split(b"\n")
                    rest = lines.pop()
                    if len(rest) > LINE_BYTES_MAX or (lines and len(lines[0]) > LINE_BYTES_MAX):
                        raise BadDocument(f"{self.name}: a line of more than {LINE_BYTES_MAX} bytes")
                    yield [line.rstrip(b"\r") for line in lines] if b"\r" in data else lines
                if rest:
                    yield [rest.rstrip(b"\r")]
            except (EOFError, gzip.BadGzipFile) as error:
                raise BadDocument(f"{self.name}: damaged gzip: {error}") from None

    def read(self) -> bytes:
        data = self._read_at_most(DOCUMENT_BYTES_MAX + 1)
        if len(data) > DOCUMENT_BYTES_MAX:
            raise BadDocument(f"{self.name}: larger than {DOCUMENT_BYTES_MAX} bytes")
        return data

    def _read_at_most(self, size: int) -> bytes:
        with self._open() as file:
            try:
                return file.read(size)
            except (EOFError, gzip.BadGzipFile) as error:
                raise BadDocument(f"{self.name}: damaged gzip: {error}") from None

    def _open(self) -> BinaryIO:
        with self._path.open("rb") as file:
            packed = file.read(2) == _GZIP
        return cast(BinaryIO, gzip.open(self._path, "rb")) if packed else self._path.open("rb")


def files_digest(paths: Sequence[Path]) -> str:
    """SHA-256 over the bytes and names of all files, wherever they lie: a line a file as sha256sum has it, sorted."""
    files = list_files(paths)
    common = _common(files)
    lines = []
    for file in files:
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
        lines.append(f"{digest}  {file.resolve().relative_to(common).as_posix()}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _common(files: Sequence[Path]) -> Path:
    """The innermost directory that all of them are in."""
    return Path(os.path.commonpath([file.resolve().parent for file in files]))


def list_files(paths: Sequence[Path]) -> list[Path]:
    """Every file given; a directory stands for all the files under it, in order of name.

    Raises BadDocument for an empty directory, a file given twice, or no file at all.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        if not found:
            raise BadDocument(f"{path.as_posix()}: no files in it")
        files.extend(found)
    if not files:
        raise BadDocument("no files are given")
    if len({file.resolve() for file in files}) != len(files):
        raise BadDocument("a file is given twice")
    return files


def open_documents(paths: Sequence[Path]) -> tuple[FileDocument, ...]:
    """The files of `list_files` as documents, named as given. Raises BadDocument."""
    return tuple(FileDocument(file) for file in list_files(paths))


def open_publication(paths: Sequence[Path]) -> tuple[FileDocument, ...]:
    """The same for a verdict that is kept and shown: named from the directory they share on."""
    files = list_files(paths)
    above = _common(files).parent
    return tuple(FileDocument(file, file.resolve().relative_to(above).as_posix()) for file in files)
