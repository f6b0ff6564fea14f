"""Promise 6: accepted + rejected = lines, whatever the file; and memory that does not grow with it."""

from __future__ import annotations

import tracemalloc
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chains.types import UINT256_END
from indexer.intake import BadList, open_list, rows
from indexer.intake.lines import EXCERPT_CHARS
from indexer.intake.reader import BATCH_LINES
from indexer.model.claims import ReserveClaim
from tests.unit.intake_kit import OKX_7, OKX_9, OKX_11, OKX_12, PLAIN, adapter_of, evm, names, read

CELLS = st.one_of(
    st.sampled_from(["ETH", "BTC", "USDT-ERC20", "USDT-TON", "APTOS", "Ethereum", "Bitcoin", "Non Staking", "", " "]),
    st.sampled_from(["1", "1e-7", "-1", "NaN", "0.1", "1,5", '"1,5"', '"', "9" * 90, "5", "-", evm(1), "bc1qxyz"]),
    st.text(max_size=5),
)
ROWS = st.lists(CELLS, max_size=13).map(",".join)
HEADERS = st.sampled_from(
    [OKX_7, OKX_9, OKX_11, OKX_12, PLAIN, "coin,amount", "coin,snapshot height,amount", "coin,address"]
)
GOOD = st.sampled_from([f"Ethereum,ETH,{evm(3)},1", f"ETH,ETH,5,{evm(1)},1,m,s,,", f"ETH,{evm(1)},5,m,s,,", "ETH,5"])
JSON = st.sampled_from(['{"network":"Ethereum","asset":"ETH","address":"0x","amount":1}', "{", "{}", '{"amount":1.5}'])
LINES = st.lists(
    st.one_of(ROWS, HEADERS, GOOD, JSON).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=20),
    max_size=30,
)
TOTALS = b"coin,amount"
FIRST = st.sampled_from([PLAIN, OKX_7, OKX_9, OKX_11, OKX_12, '{"network":"x"}', TOTALS.decode()]).map(str.encode)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=FIRST, lines=LINES, end=st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_every_line_is_accepted_or_rejected(tmp_path: Path, first: bytes, lines: list[bytes], end: bytes) -> None:
    data = end.join([first, *lines])
    try:
        outcome = read(tmp_path, data)
    except BadList:
        assume(first != TOTALS)  # only totals: no list. Whatever follows a header of rows is one.
        raise
    summary = outcome.summary
    numbers = sorted([claim.line_no for claim in outcome.claims] + [line.line_no for line in outcome.rejected])
    assert len(set(numbers)) == len(numbers) == summary.lines == summary.accepted + summary.rejected
    assert (len(outcome.claims), len(outcome.rejected)) == (summary.accepted, summary.rejected)
    physical = data.splitlines()
    blank = b" \t" if first.startswith(b"{") else b", \t"  # cells without a word are a row of CSV, and no JSON
    assert all(1 <= number <= len(physical) and physical[number - 1].strip(blank) for number in numbers)
    totals = {total.line_no for total in summary.declared}
    assert totals.isdisjoint(numbers)
    for claim in outcome.claims:
        spec = summary.instruments[claim.instrument_no]
        assert claim.claimed is None or (spec.decimals is not None and 0 <= claim.claimed < UINT256_END)
        assert claim.claimed is None or claim.claimed_text is None
        assert claim.address.isascii()
        assert claim.address.isprintable()
    for line in outcome.rejected:
        assert max(len(line.excerpt), len(line.detail)) <= EXCERPT_CHARS
        assert line.excerpt.isprintable()
        assert line.detail.isprintable()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(["good", "bad", "blank"]), max_size=40))
def test_the_ledger_names_exactly_the_lines_that_were_planted(tmp_path: Path, kinds: list[str]) -> None:
    text = {"good": f"Ethereum,ETH,{evm(9)},1", "bad": "Ethereum,ETH,nowhere,1", "blank": " "}
    outcome = read(tmp_path, "\n".join([PLAIN, *(text[kind] for kind in kinds)]))
    expected = {kind: [at for at, got in enumerate(kinds, 2) if got == kind] for kind in text}
    assert [claim.line_no for claim in outcome.claims] == expected["good"]
    assert [line.line_no for line in outcome.rejected] == expected["bad"]


def test_the_summary_does_not_exist_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{PLAIN}\nEthereum,ETH,{evm(1)},1\n")
    reader = open_list(path, names(), adapter_of)
    batches = iter(reader)
    next(batches)
    with pytest.raises(AssertionError, match="read to its end"):
        _ = reader.summary
    assert list(batches) == []
    assert reader.summary.lines == 1


def test_batches_and_memory_stay_bounded_over_a_long_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    row = f"Ethereum,ETH,{evm(1)},1"
    with path.open("w") as file:
        file.write(f"{PLAIN}\n")
        file.writelines(repeat(f"{row}\n", 30_000))
        file.writelines(repeat("x\n", 10_000))
    reader = open_list(path, names(), adapter_of)
    tracemalloc.start()
    try:
        largest = max(len(batch.claims) + len(batch.rejected) for batch in reader)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert largest <= BATCH_LINES
    assert (reader.summary.accepted, reader.summary.rejected) == (30_000, 10_000)
    assert peak < 8 * 1024**2, "all claims together would be more"


def test_endless_spellings_of_one_name_are_one_instrument_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "CACHE_MAX", 4)
    reader = rows.RowReader
    sizes: list[int] = []
    claim = reader.claim

    def watched(self: rows.RowReader, line_no: int, cells: list[str]) -> ReserveClaim:
        got = claim(self, line_no, cells)
        sizes.append(len(self._cache))
        return got

    monkeypatch.setattr(reader, "claim", watched)
    lines = [f"Ethereum,{' ' * spaces}eth,{evm(1)},1" for spaces in range(50)]
    outcome = read(tmp_path, "\n".join([PLAIN, *lines]))
    assert {claim.instrument_no for claim in outcome.claims} == {0}
    assert (len(sizes), max(sizes)) == (50, 4)
