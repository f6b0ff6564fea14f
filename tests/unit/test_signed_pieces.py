"""A list cut into pieces for other processes reads as the whole does, wherever it is cut."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.intake import BadList
from indexer.intake.ownership_rows import Line, lines_of, open_signed
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
    ),
    "a\0b",
)


def read(path: Path, lines_max: int) -> list[Line] | str:
    try:
        return [line for piece in open_signed(path).pieces(lines_max) for line in lines_of(piece)]
    except BadList as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), max_size=40), sizes=st.tuples(st.integers(1, 9), st.integers(1, 50)))
def test_a_list_reads_alike_wherever_it_is_cut(lines: list[str], sizes: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "list.csv"
        path.write_text("\n".join([OKX_11, *lines]))
        one, other = (read(path, size) for size in sizes)
        assert one == other
        assert isinstance(one, list), "there is a header"
        assert [line.line_no for line in one] == sorted({line.line_no for line in one})
        singly = read(path, 1)
        assert singly == one


@pytest.mark.parametrize("header", ["", "coin,address,unheard of\n", "\n\n"])
def test_rows_before_any_header_are_no_list(tmp_path: Path, header: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(header + ROW_11 + "\n" + OKX_11)
    assert isinstance(read(path, 5), str)


def test_a_process_gets_bytes_and_reads_them_under_the_header_they_stand_under(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\n".join([OKX_11, ROW_11, ROW_11, OKX_9, ROW_9, "coin,amount", "ETH,5"]))
    pieces = list(open_signed(path).pieces(10))
    assert [(piece.first_line_no, piece.last_line_no, piece.text.count(b"\n")) for piece in pieces] == [
        (2, 3, 1),
        (5, 5, 0),
    ]
    assert [line.line_no for piece in pieces for line in lines_of(piece)] == [2, 3, 5]
