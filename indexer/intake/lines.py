"""Bytes into physical lines, whatever their encoding and line ends, in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from indexer.intake.errors import Refused
from indexer.model.claims import RejectReason

LINE_BYTES_MAX = 1024 * 1024
EXCERPT_CHARS = 200
_NO_UTF8 = b"\xff"


def line_blocks(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines of `text_blocks`, without their ends."""
    return (block.splitlines() for block in text_blocks(chunks))


def text_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines as UTF-8, with their ends (LF, CRLF or CR), in blocks of about a chunk.

    A line longer than LINE_BYTES_MAX is cut, but stays longer than that: ``text_of`` refuses it.
    """
    rest = b""
    for chunk in _utf8(chunks):
        data = rest + chunk
        # A CR at the very end may be half of a CRLF: its line waits for the next chunk.
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
        if len(rest) > LINE_BYTES_MAX:
            rest = rest[: LINE_BYTES_MAX + 1] + (b"\r" if rest.endswith(b"\r") else b"")
    if rest:
        yield rest


def text_of(line: bytes) -> str:
    """The text of a line. Raises Refused for a huge one, for NUL bytes and for what is no UTF-8."""
    if len(line) > LINE_BYTES_MAX:
        raise Refused(RejectReason.TOO_LONG, f"more than {LINE_BYTES_MAX} bytes")
    if b"\0" in line:
        raise Refused(RejectReason.ENCODING, "NUL byte")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise Refused(RejectReason.ENCODING, f"not valid text at byte {error.start + 1}") from None


def excerpt(text: str | bytes) -> str:
    """At most 200 printable characters; the others are escaped."""
    if isinstance(text, bytes):
        text = text[: 4 * EXCERPT_CHARS].decode(errors="backslashreplace")
    start = text[:EXCERPT_CHARS]
    if not start.isprintable():
        start = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in start)[:EXCERPT_CHARS]
    return start


def _utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-16 with a byte order mark becomes UTF-8; a UTF-8 mark is dropped.

    Code units that are no UTF-16 become bytes that are no UTF-8, so that they cost their own line and no other.
    """
    rest = iter(chunks)
    first = next(rest, b"")
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from rest
        return
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
    yield decoder.decode(first).encode("utf-8", "surrogatepass")
    for chunk in rest:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    try:
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # half a code unit at the end
        yield _NO_UTF8
