"""A whole list: layouts, order, refused lines, amounts by verdict, processes, and the command's exit codes."""

from __future__ import annotations

import gzip
import multiprocessing
from itertools import repeat
from pathlib import Path

import orjson
import pytest

from chains.ownership.types import OwnershipClaim, Verdict
from indexer.cli.main import run
from indexer.intake import BadList, source
from indexer.intake.ownership_rows import Piece, SignedRow
from indexer.model.ownership import CONSTANT_MESSAGE, OwnershipReport, Share
from indexer.report.outcome import Outcome
from indexer.report.ownership import ownership_outcome
from indexer.settings import load
from indexer.work.ownership import verify_list
from indexer.work.ownership_tally import Judge
from indexer.work.processes import Crew
from tests.ownership.cases import all_cases
from tests.ownership.signing import MESSAGE
from tests.shared import shared
from tests.unit.intake_kit import OKX_7, OKX_9, OKX_11, OKX_12

CLAIMS = {case.name: case.claim for case in all_cases()}
ETH, BTC, OWNERS = CLAIMS["ETH 0x eip191-keccak"], CLAIMS["2-of-3 p2wsh"], CLAIMS["contract of two"]
HTX = "coin,address,snapshot height,balance,message,signature"
AUDIT = "digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,owner1,owner2"


def line(coin: str, network: str, amount: str, claim: OwnershipClaim, *, cells: int = 11) -> str:
    address, *rest = claim
    return ",".join([coin, network, "1", address, amount, *rest][:cells])


def verified(tmp_path: Path, *lines: str, listed_max: int = 100, processes: int | None = None) -> OwnershipReport:
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines))
    settings = load({})
    return verify_list(path, book=settings.ownership, names=settings.names, listed_max=listed_max, processes=processes)


def test_every_line_is_accounted_for_in_the_order_of_the_list(tmp_path: Path) -> None:
    bad = ETH._replace(message="another message")
    report = verified(
        tmp_path,
        *("coin,snapshot height,amount", "ETH,1,3.5", "", OKX_11),
        line("ETH", "ETH", "1.5", ETH, cells=9),
        line("ETH", "ETH", "2", bad),
        "ETH,ETH,1",
        line("BTC", "BTC", "0.1", BTC),
        line("ETH", "ETH", "4", OWNERS),
        line("ETH", "ETH", "not a number", ETH._replace(signature1="-")),
        line("NOSUCH", "", "7", ETH),
        *("coin,amount", "ETH,99", OKX_11),
        line("ETH", "", "0", ETH),
    )
    assert (report.rows, report.refused) == (7, 1)
    assert [(row.line_no, row.verdict) for row in report.not_owned] == [
        (6, Verdict.BAD_SIGNATURE),
        (7, None),
        (9, Verdict.OWNER_SIGNED),
        (10, Verdict.UNSIGNED),
        (11, Verdict.UNSUPPORTED),
    ]
    assert report.assets == {
        ("(unknown)", Verdict.UNSUPPORTED): Share(1, 1, 0),
        ("BTC", Verdict.OWNED): Share(1, 0, 10**17),
        ("ETH", Verdict.BAD_SIGNATURE): Share(1, 0, 2 * 10**18),
        ("ETH", Verdict.OWNED): Share(2, 0, 15 * 10**17),
        ("ETH", Verdict.OWNER_SIGNED): Share(1, 0, 4 * 10**18),
        ("ETH", Verdict.UNSIGNED): Share(1, 1, 0),
    }
    assert report.unlisted == 0
    assert report.messages == (MESSAGE, "another message")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (OKX_7, f"ETH,{ETH.address},15,{MESSAGE},{ETH.signature1},,"),
        (OKX_9, line("ETH", "ETH", "0.000000000000000015", ETH, cells=9)),
        (OKX_12, line("ETH,Non Staking", "ETH", "0.000000000000000015", ETH)),
        (
            "coin,address,snapshot height,balance,message,signature",
            f"ETH,{ETH.address},1,15e-18,{MESSAGE},{ETH.signature1}",
        ),
        (AUDIT, f"ETH,ETH,{ETH.address},{ETH.signature1},null,{MESSAGE},null,,"),
    ],
)
def test_every_layout_leads_to_the_same_claim(tmp_path: Path, header: str, row: str) -> None:
    report = verified(tmp_path, header, row)
    assert report.schemes == {("evm/eip191-keccak", Verdict.OWNED): 1}
    expected = Share(1, 1, 0) if header == AUDIT else Share(1, 0, 15)
    assert report.assets == {("ETH", Verdict.OWNED): expected}


def test_a_list_without_signature_columns_is_unsigned(tmp_path: Path) -> None:
    report = verified(tmp_path, "network,asset,address,amount", f"eip155:1,ETH,{ETH.address},1")
    assert report.count(Verdict.UNSIGNED) == report.rows == 1
    assert ownership_outcome(report) is Outcome.INCOMPLETE


@pytest.mark.parametrize("lines", [[], ["hello"], ["coin,amount", "ETH,1"], ['{"network": 1}']])
def test_what_is_no_list_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(BadList, match=r"list\.csv"):
        verified(tmp_path, *lines)


def test_rows_under_an_unknown_header_are_refused(tmp_path: Path) -> None:
    good = line("ETH", "ETH", "1", ETH)
    report = verified(tmp_path, OKX_11, good, "coin,address,what", good, "a\0b")
    assert (report.rows, report.refused) == (1, 3)
    assert ownership_outcome(report) is Outcome.INCOMPLETE


def test_listing_is_bounded_per_verdict(tmp_path: Path) -> None:
    unsigned, bad = ETH._replace(signature1=""), ETH._replace(message="m")
    lines = [line("ETH", "ETH", "1", unsigned)] * 9 + [line("ETH", "ETH", "1", bad)]
    report = verified(tmp_path, OKX_11, *lines, listed_max=3)
    assert [row.line_no for row in report.not_owned] == [2, 3, 4, 11]
    assert report.unlisted == 6


def test_processes_answer_in_the_order_of_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "CHUNK_BYTES", 2_000)  # a few rows
    rows = [line("ETH", "ETH", str(number), ETH if number % 3 else OWNERS) for number in range(100)]
    rows.insert(50, "too,short")
    alone, together = verified(tmp_path, OKX_11, *rows), verified(tmp_path, OKX_11, *rows, processes=2)
    assert alone == together
    assert [row.line_no for row in together.not_owned] == sorted([*range(2, 52, 3), 52, *range(54, 103, 3)])
    assert together.assets["ETH", Verdict.OWNER_SIGNED].amount == sum(range(0, 100, 3)) * 10**18


def test_an_interrupted_check_ends_its_processes() -> None:
    row = SignedRow(1, "ETH", "", "1", base_units=False, claim=ETH)
    piece = Piece(1, 2, None, ready=(row, row))
    settings = load({})
    judge = Judge(settings.ownership, settings.names, 1)
    with Crew(processes=2) as crew:
        parts = crew.spread(judge.tally, repeat(piece))  # endless: only being closed ends it
        assert next(parts).rows == 2
        parts.close()
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ([ETH, OWNERS], Outcome.COMPLETE),
        ([ETH, ETH._replace(message="m"), ETH._replace(signature1="")], Outcome.DISCREPANCIES),
        ([ETH, ETH._replace(signature1="")], Outcome.INCOMPLETE),
        ([], Outcome.INCOMPLETE),
    ],
)
def test_the_command(
    tmp_path: Path, claims: list[OwnershipClaim], code: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress("\n".join([OKX_11, *(line("ETH", "ETH", "1", each) for each in claims)]).encode()))
    assert run(["verify-ownership", str(path), "--json"]) == code
    shown = orjson.loads(capsys.readouterr().out)
    assert shown["list"]["rows"] == len(claims)
    assert sum(shown["verdicts"].values()) == sum(row["rows"] for row in shown["schemes"]) == len(claims)
    assert [row["amount"] for row in shown["assets"]] == [
        str(sum(row["rows"] for row in shown["schemes"] if row["verdict"] == each["verdict"]))
        for each in shown["assets"]
    ]
    assert [row["line"] for row in shown["not_owned"]] == list(range(3, 2 + len(claims)))
    assert run(["verify-ownership", str(path)]) == code
    text = capsys.readouterr().out
    assert text.count(CONSTANT_MESSAGE) == 1


def test_the_command_refuses_what_is_no_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.csv"
    path.write_text("nothing")
    assert run(["verify-ownership", str(path)]) == Outcome.BAD_INPUT
    assert run(["verify-ownership", str(tmp_path / "missing.csv")]) == Outcome.BAD_INPUT
    assert "list.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("okx_por_example.csv", {Verdict.OWNED: 3, Verdict.OWNER_SIGNED: 2}),
        ("okx_por_staking_example.csv", {Verdict.OWNED: 1, Verdict.OWNER_SIGNED: 2}),
        ("test.csv", {Verdict.OWNED: 8, Verdict.OWNER_SIGNED: 1}),
    ],
)
def test_published_lists(name: str, counts: dict[Verdict, int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify-ownership", str(shared("okx", name)), "--json"]) == Outcome.COMPLETE
    shown = orjson.loads(capsys.readouterr().out)
    assert {Verdict(word): count for word, count in shown["verdicts"].items() if count} == counts
