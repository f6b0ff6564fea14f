"""A list cut into pieces for other processes reads as the whole does, wherever it is cut."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.intake import BadList, source
from indexer.intake.ownership_rows import Line, Piece, SignedRow, lines_of, open_signed
from indexer.model.claims import RejectedLine
from tests.unit.intake_kit import OKX_7, OKX_9, OKX_11, OKX_12

ROW_11 = "ETH,ETH,1,0xaa,1.5,I am an address,0xs1,,,,"
ROW_9 = "ETH,ETH,1,0xaa,1.5,I am an address,0xs1,,"
LINES = (
    *(OKX_7, OKX_9, OKX_11, OKX_12),
    *(ROW_11, ROW_9, ROW_11.replace("ETH", "coin"), ROW_11.replace("0xaa", "адрес"), ROW_11.replace("ETH", '"E,TH"')),
    *(
        "coin,amount",
        "ETH,5",
        "",
        ",,,",
        "too,short",
        'open "quote',
        "coin,address,unheard of",
        "networK,asset,address",
        "Digital Asset,address,what",
        "BTC,Bitcoin,1,0xaa,1.5,I am an address,0xs1,,,,",
    ),
    "a\0b",
)


def read(path: Path, chunk_bytes: int) -> list[Line] | str:
    try:
        return [line for piece in cut(path, chunk_bytes) for line in lines_of(piece)]
    except BadList as error:
        return str(error)


def cut(path: Path, chunk_bytes: int) -> list[Piece]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "CHUNK_BYTES", chunk_bytes)
        return list(open_signed(path).pieces())


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.sampled_from(LINES), max_size=40),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    sizes=st.tuples(st.integers(1, 200), st.integers(1, 2000)),
)
def test_a_list_reads_alike_wherever_it_is_cut(lines: list[str], end: str, sizes: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "list.csv"
        path.write_bytes(end.join([OKX_11, *lines]).encode())
        one, other = (read(path, size) for size in sizes)
        assert one == other
        assert isinstance(one, list), "there is a header"
        assert [line.line_no for line in one] == sorted({line.line_no for line in one})
        singly = read(path, 1)
        assert singly == one


@pytest.mark.parametrize("header", ["networ\N{KELVIN SIGN},address,what", "co\ufeffin,address,what"])
def test_a_header_is_known_for_one_however_it_is_written(tmp_path: Path, header: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\n".join([OKX_11, ROW_11, header, ROW_11]))
    lines = read(path, 1)
    assert isinstance(lines, list)
    assert [type(line) for line in lines] == [SignedRow, RejectedLine, RejectedLine]


def test_no_other_sign_is_a_letter_of_ascii_in_lower_case() -> None:
    beyond = (chr(code) for code in range(0x80, sys.maxunicode + 1))
    assert [sign for sign in beyond if sign.lower().isascii()] == ["\N{KELVIN SIGN}"]


def test_rows_of_bitcoin_are_no_headers(tmp_path: Path) -> None:
    """Each would be a piece of its own, and a list of them no list for several processes."""
    path = tmp_path / "list.csv"
    path.write_text("\n".join([OKX_11, *[ROW_11.replace("ETH,ETH", "BTC,Bitcoin")] * 500]))
    assert len(cut(path, 10**6)) <= 2, "the whole of it, and an end without a line end"


@pytest.mark.parametrize("header", ["", "coin,address,unheard of\n", "\n\n"])
def test_rows_before_any_header_are_no_list(tmp_path: Path, header: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(header + ROW_11 + "\n" + OKX_11)
    assert isinstance(read(path, 500), str)


def test_a_process_gets_bytes_and_reads_them_under_the_header_they_stand_under(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\n".join([OKX_11, ROW_11, ROW_11, OKX_9, ROW_9, "coin,amount", "ETH,5"]))
    pieces = list(open_signed(path).pieces())
    assert [(piece.first_line_no, piece.last_line_no, piece.text.count(b"\n")) for piece in pieces] == [
        (2, 3, 2),
        (5, 5, 1),
    ]
    assert [line.line_no for piece in pieces for line in lines_of(piece)] == [2, 3, 5]
