"""The fast reader of lists says what the slow one says, line by line, of everything."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.intake import user_blocks
from indexer.intake.user_blocks import read_user_blocks
from indexer.intake.users import BadUsers, read_assets, read_users
from indexer.liabilities.stark.params import PRODUCT

END = PRODUCT.balance_end

plain = st.from_regex(r"[a-z0-9@.-]{1,12}", fullmatch=True)
odd_names = ["ü", "a b", "漢字", " a", "a ", "", '"a,b"', '"a\nb"', "x" * 1000, "x" * 1001, "'"]
odd_amounts = ["", "1.", ".5", "1e3", "1E-2", " 7 ", "-1", "+1", "1,5", "1_0", "x", ".", "1.2.3", "٣"]
edge_amounts = ["00012", "0.000000000", "1.100000000", "11529215046.06846976", "11529215046.06846975", "9" * 20]
names = st.one_of(plain, st.sampled_from(odd_names))
amounts = st.one_of(
    st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,9})?", fullmatch=True),
    st.sampled_from([*odd_amounts, *edge_amounts, str(END - 1), str(END)]),
)
ends = st.sampled_from(["\n", "\r\n", "\n\n", "\r", " \n"])
lines = st.lists(st.tuples(names, amounts, amounts, ends), max_size=12)


def _slowly(path: Path) -> list[tuple[int, bytes, list[int]]] | str:
    assets, rows = read_assets(path), []
    try:
        for line, user, found in read_users(path, assets):
            if max(found) >= END:
                raise BadUsers(f"{path.name}:{line}: not below")
            rows.append((line, user.encode(), list(found)))
    except BadUsers as error:
        return str(error).split(": not below")[0]
    return rows


def _fast(path: Path) -> list[tuple[int, bytes, list[int]]] | str:
    rows = []
    try:
        for block in read_user_blocks(path, read_assets(path), end=END):
            for at, line in enumerate(block.lines):
                rows.append((int(line), block.name(at), [int(each) for each in block.balances[at]]))
    except BadUsers as error:
        return str(error)
    return rows


@given(lines)
@example([("a", "1", "2", "\n"), ("b", "0.00000001", "1.", "\n"), ("c", "1", "2", "\r\n")])
@example([("a", "1", "2", "\n"), ('"b\nc"', "1", "2", "\n"), ("d", "1", "x", "\n")])
@settings(max_examples=150, deadline=None)
def test_as_the_slow_reader(rows: list[tuple[str, str, str, str]]) -> None:
    with TemporaryDirectory() as here:
        path = Path(here) / "users.csv"
        text = "user,A:8,B:0\n" + "".join(f"{name},{one},{other}{end}" for name, one, other, end in rows)
        path.write_bytes(text.encode())
        slow, fast = _slowly(path), _fast(path)
        if isinstance(slow, str):
            assert isinstance(fast, str)
            assert fast.startswith(slow.split(": ")[0]), (slow, fast)  # the same line is named
        else:
            assert fast == slow


@pytest.mark.parametrize("block", [16, 64, 1000])
def test_blocks_of_any_size(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_blocks, "BLOCK_BYTES", block)
    path = tmp_path / "users.csv"
    rows = [f"user-{number},{number}.{number % 7},{number}" for number in range(500)]
    path.write_text("\ufeffuser,A:8,B:0\n" + "\n".join(rows), encoding="utf-8")
    fast = _fast(path)
    assert fast == _slowly(path)
    assert len(fast) == 500
    rows[300] = '"user, 300",1,1'
    path.write_text("user,A:8,B:0\n" + "\n".join(rows), encoding="utf-8")
    assert _fast(path) == _slowly(path)
    assert len(_fast(path)) == 500


@pytest.mark.parametrize("decimals", [0, 8, 18, 30])
def test_amounts_at_any_decimals(decimals: int, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    tiny = "0." + "0" * max(0, decimals - 1) + "7"
    spelled = ["0", "0." + "0" * decimals + "0", "1", str(END // 10**decimals), "0.1", tiny]
    for one in spelled:
        path.write_text(f"user,A:{decimals}\nx,{one}\n")
        slow, fast = _slowly(path), _fast(path)
        if isinstance(slow, str):
            assert isinstance(fast, str), (one, slow, fast)
        else:
            assert fast == slow, one
