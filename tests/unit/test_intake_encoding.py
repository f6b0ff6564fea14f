"""Fault 27: byte order marks, line ends, quotes, UTF-16, NUL, what is no text, and huge lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.intake import lines
from indexer.intake.lines import EXCERPT_CHARS, LINE_BYTES_MAX
from tests.unit.intake_kit import PLAIN, evm, read


def row(number: int) -> str:
    return f"Ethereum,ETH,{evm(number)},1"


THREE = "\n".join([PLAIN, row(1), row(2), row(3)])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("last", [True, False])
def test_marks_line_ends_and_utf16_change_nothing(tmp_path: Path, end: str, encoding: str, last: bool) -> None:
    text = (THREE + "\n" * last).replace("\n", end)
    data = text.encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    outcome = read(tmp_path, data)
    assert [claim.line_no for claim in outcome.claims] == [2, 3, 4]
    assert outcome.rejected == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_the_same_however_the_bytes_arrive(size: int, end: str) -> None:
    data = THREE.replace("\n", end).encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert [line for block in lines.line_blocks(chunks) for line in block] == THREE.encode().split(b"\n")


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x1c"])
def test_only_real_line_ends_end_a_line(tmp_path: Path, separator: str) -> None:
    outcome = read(tmp_path, f"{PLAIN}\n{row(1)}{separator}{row(2)}\n{row(3)}")
    assert outcome.reasons == [(2, "columns")]
    assert outcome.summary.lines == 2


@pytest.mark.parametrize("bad", [b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3"])
def test_bytes_that_are_no_text_cost_their_own_line(tmp_path: Path, bad: bytes) -> None:
    data = THREE.encode().replace(evm(2).encode(), bad + evm(2).encode())
    outcome = read(tmp_path, data)
    assert outcome.reasons == [(3, "encoding")]
    assert [claim.line_no for claim in outcome.claims] == [2, 4]
    assert outcome.rejected[0].excerpt.isprintable()


def test_a_lone_surrogate_in_utf16_costs_its_own_line(tmp_path: Path) -> None:
    data = THREE.replace(evm(2), "\ud800" + evm(2)).encode("utf-16", "surrogatepass")
    outcome = read(tmp_path, data)
    assert outcome.reasons == [(3, "encoding")]
    assert [claim.line_no for claim in outcome.claims] == [2, 4]


def test_half_a_unit_at_the_end_of_utf16_costs_the_last_line(tmp_path: Path) -> None:
    outcome = read(tmp_path, THREE.encode("utf-16") + b"\x31")
    assert outcome.reasons == [(4, "encoding")]


@pytest.mark.parametrize("end", [b"\n", b"\r"])
@pytest.mark.parametrize("length", [LINE_BYTES_MAX + 1, LINE_BYTES_MAX + 262_144, 5 * LINE_BYTES_MAX])
def test_a_huge_line_is_rejected_without_being_held(tmp_path: Path, length: int, end: bytes) -> None:
    body = end.join([PLAIN.encode(), row(1).encode(), b"x" * length, row(2).encode()])
    outcome = read(tmp_path, body)
    assert outcome.reasons == [(3, "too-long")]
    assert [claim.line_no for claim in outcome.claims] == [2, 4]
    assert outcome.rejected[0].excerpt == "x" * EXCERPT_CHARS


def test_the_longest_allowed_line_is_still_read(tmp_path: Path) -> None:
    padding = " " * (LINE_BYTES_MAX - len(row(1)))
    outcome = read(tmp_path, f"{PLAIN}\n{padding}{row(1)}\n")
    assert len(outcome.claims) == 1


def test_a_huge_line_never_grows_the_buffer() -> None:
    def chunks() -> list[bytes]:
        return [b"x" * 65536] * 200

    assert [len(line) for block in lines.line_blocks(chunks()) for line in block] == [LINE_BYTES_MAX + 1]


def test_quotes_are_understood_on_one_line(tmp_path: Path) -> None:
    outcome = read(tmp_path, f'{PLAIN}\n"Ethereum","ETH","{evm(1)}","1.5"\n')
    assert outcome.claims[0].claimed == 15 * 10**17


def test_an_open_quote_does_not_swallow_the_file(tmp_path: Path) -> None:
    outcome = read(tmp_path, f'{PLAIN}\n"{row(1)}\n{row(2)}\n{row(3)}')
    assert outcome.reasons == [(2, "columns")]
    assert [claim.line_no for claim in outcome.claims] == [3, 4]


def test_a_quoted_line_break_makes_two_lines_and_both_are_accounted_for(tmp_path: Path) -> None:
    outcome = read(tmp_path, f'{PLAIN}\nEthereum,"ETH\nETH",{evm(1)},1\n{row(2)}')
    assert outcome.reasons == [(2, "columns"), (3, "columns")]
    assert [claim.line_no for claim in outcome.claims] == [4]


def test_excerpts_are_short_and_printable() -> None:
    shown = lines.excerpt("\x1b[31m\u202e=cmd()\ud800" + "y" * 1000)
    assert shown.startswith(r"\x1b[31m\u202e=cmd()\ud800yyy")
    assert len(shown) == EXCERPT_CHARS
    assert lines.excerpt("\u202e" * 500).isascii()
