"""A section as data: nothing that is said is left out, and columns of figures are known as such."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.report.section import Amount, Cell, Code, Section, Words

CELLS: st.SearchStrategy[Cell] = st.sampled_from(
    ["", "words", 0, Words(""), Words("", "bad"), Words("x"), Code(""), Code("0x1"), Amount(0, 0)]
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_only_columns_in_which_nothing_is_said_are_left_out(rows: list[tuple[Cell, ...]]) -> None:
    whole = Section("t", ("a", "b", "c"), rows, ["note"])
    compact = whole.compact()
    empty = ("", Words(""), Words("", "bad"), Code(""))
    kept = [name for at, name in enumerate("abc") if any(row[at] not in empty for row in rows)]
    assert list(compact.columns) == kept
    assert [dict(zip(kept, row, strict=True)) for row in compact.rows] == [
        {name: cell for name, cell in zip("abc", row, strict=True) if name in kept} for row in rows
    ]
    assert (compact.title, compact.notes) == ("t", ["note"])
    assert compact.compact() == compact


def test_columns_that_hold_figures_only_are_numeric() -> None:
    rows: list[tuple[Cell, ...]] = [("x", 1, Amount(1, 0), "", 5), ("y", "", Amount(None, 0), 2, "5")]
    assert Section("t", "abcde", rows).numeric() == {1, 2, 3}
    assert Section("t", "abcde", []).numeric() == set()
