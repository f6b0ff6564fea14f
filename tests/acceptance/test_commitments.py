"""What is owed, joined to what is held: whole audits with the files of a commitment beside the statement."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer.core.amounts import format_amount
from indexer.work.commitment import commit
from scripts.benches.liability_trees import okx_lines
from tests.acceptance.world import GENESIS_TIME, HEIGHT, Answer, Ethereum, Office, address, balance
from tests.sim.faulty_rpc import FaultyRpc

COUNT = 12
MOMENT = datetime.fromtimestamp(GENESIS_TIME + 12 * HEIGHT, UTC)
OWED = sum(balance(address(number)) for number in range(COUNT))


def committed(office: Office, *, less: int = 0, name: str = "commitment") -> tuple[Path, str]:
    """A commitment of Assay's own to what the list holds, less some wei; the directory of its published files, and its
    root.
    """
    users = office.home / f"{name}.csv"
    rows = [
        f"user-{at},{format_amount(balance(address(at)) - (less if not at else 0), decimals=18)}" for at in range(COUNT)
    ]
    users.write_text("\n".join(["user,ETH:18", *rows]) + "\n")
    made, published = office.home / f"{name}-made", office.home / name
    described = commit(users, secret=bytes(range(32)), out=made, snapshot="now", parts=2, publish_leaves=True)
    published.mkdir()
    for file in ("commitment.json", "leaves.csv"):
        (made / file).rename(published / file)
    return published, described["root"]


def statement(
    office: Office, *, root: str = "", as_of: datetime | None = MOMENT, rows: str | None = None, name: str = "owed"
) -> Path:
    lines = [] if as_of is None else [f"as_of = {as_of.isoformat()}"]
    if root:
        lines += ["[commitment]", 'scheme = "assay-merkle-sum-v1"', f'root = "{root}"']
    if rows is None:
        rows = f'[[liability]]\nasset = "ETH"\namount = "{format_amount(OWED, decimals=18)}"'
    path = office.home / f"{name}.toml"
    path.write_text("\n".join([*lines, rows]) + "\n")
    return path


async def audit(office: Office, *words: object) -> Answer:
    async with FaultyRpc(Ethereum().methods()) as node:
        office.providers.clear()
        office.provider(node.url)
        return await office.assay("audit", str(office.list(COUNT)), "--exchange", "Example", *map(str, words), "--json")


def ratio_of(report: Any, symbol: str = "ETH") -> Any:
    (found,) = (asset["ratio"] for asset in report["assets"] if asset["asset"] == symbol)
    return found


def kinds(report: Any) -> dict[str, str]:
    """Of the findings that are not of every list without signatures, every statement without a root, and one node that
    gives no proofs.
    """
    common = ("no-commitment", "no-signatures", "unchecked", "proofs-missing")
    return {found["kind"]: found["severity"] for found in report["findings"] if found["kind"] not in common}


async def test_an_anchored_commitment_stands_behind_its_ratio_in_every_output(office: Office) -> None:
    files, root = committed(office)
    out = office.home / "out"
    owed = statement(office, root=root)
    answer = await audit(office, "--liabilities", owed, "--commitment", files, "--out", out)
    assert answer.code == 0, answer.out + answer.err
    ratio = ratio_of(answer.json)
    assert (ratio["backing"], ratio["same_moment"], ratio["observed"]["low"]["ppm"]) == ("committed", True, "1000000")
    assert kinds(answer.json) == {}
    told = answer.json["statement"]
    (liability,) = told["liabilities"]
    assert liability["amount"]["base_units"] == liability["committed"]["base_units"] == str(OWED)
    verdict = told["check"]["verdict"]
    assert (verdict["valid"], verdict["anchored"], verdict["leaves"]) == (True, "equal", 2 * COUNT)
    page = (out / "report.html").read_text()
    for sentence in verdict["not_proven"]:
        assert sentence in page.replace("&#x27;", "'")
    (row,) = csv.DictReader(io.StringIO((out / "liabilities.csv").read_text()))
    assert (row["backing"], row["same_moment"], row["source"]) == ("committed", "yes", "customer")
    again = await audit(office, "--liabilities", owed, "--commitment", files)
    assert (again.code, again.out) == (0, answer.out)


@pytest.mark.parametrize(
    ("made", "backing", "found", "code"),
    [
        ("another root", "commitment failed", ("commitment-failed", "exception"), 1),
        ("a changed leaf", "commitment failed", ("commitment-failed", "exception"), 1),
        ("another total", "differs from its commitment", ("commitment-total", "exception"), 1),
        ("no published root", "commitment unanchored", ("commitment-unanchored", "warning"), 3),
    ],
)
async def test_a_commitment_that_fails_marks_the_ratio_everywhere(
    office: Office, made: str, backing: str, found: tuple[str, str], code: int
) -> None:
    files, root = committed(office, less=int(made == "another total"))
    if made == "another root":
        root = "00" * 32
    if made == "a changed leaf":
        leaves = files / "leaves.csv"
        head, first, *rest = leaves.read_text().splitlines()
        digest, amount = first.split(",")
        leaves.write_text("\n".join([head, f"{digest},{int(amount) + 1}", *rest]) + "\n")
    owed = statement(office, root="" if made == "no published root" else root)
    out = office.home / "out"
    answer = await audit(office, "--liabilities", owed, "--commitment", files, "--out", out)
    assert answer.code == code, answer.out + answer.err
    assert ratio_of(answer.json)["backing"] == backing
    assert found in kinds(answer.json).items()
    (total, *_) = csv.DictReader(io.StringIO((out / "totals.csv").read_text()))
    assert total["backing"] == backing
    page = (out / "report.html").read_text()
    ratios = page[page.index("Reserves and liabilities") : page.index("<h2>Liabilities")]
    assert backing in ratios
    shown = await office.assay("ratio")
    assert shown.code == code
    assert backing in " ".join(shown.out.split())


async def test_without_a_statement_the_commitment_says_what_is_owed(office: Office) -> None:
    files, root = committed(office)
    bare = await audit(office, "--commitment", files)
    assert bare.code == 3, bare.out + bare.err  # nothing published its root
    assert ratio_of(bare.json)["liabilities"]["base_units"] == str(OWED)
    assert ratio_of(bare.json)["backing"] == "commitment unanchored"
    assert kinds(bare.json) == {"commitment-unanchored": "warning", "as-of-unknown": "warning"}
    anchored = await audit(office, "--liabilities", statement(office, root=root, rows=""), "--commitment", files)
    assert anchored.code == 0, anchored.out + anchored.err
    ratio = ratio_of(anchored.json)
    assert (ratio["liabilities"]["base_units"], ratio["backing"]) == (str(OWED), "committed")
    assert anchored.json["run"]["id"] != bare.json["run"]["id"]


async def test_what_states_no_totals_is_refused(office: Office) -> None:
    files, root = committed(office)
    left = statement(office, root=root, rows="")
    alone = await audit(office, "--liabilities", left)
    assert (alone.code, "whose files are not given" in alone.out) == (2, True)
    (files / "leaves.csv").write_text("no tree\n")
    strange = await audit(office, "--liabilities", left, "--commitment", files)
    assert (strange.code, "not JSON as published" in strange.out) == (2, True)


async def test_sources_are_kept_apart_and_the_commitment_covers_those_it_names(office: Office) -> None:
    tree = office.home / "tree.txt"
    tree.write_text("\n".join(okx_lines([(f"{at:064x}", (0, 100_000_000, 0)) for at in range(4)])))
    root = tree.read_text().partition(",")[0]
    rows = '[[liability]]\nasset = "ETH"\namount = "4"\n' + "".join(
        f'[[liability]]\nasset = "ETH"\namount = "{amount}"\nsource = "{source}"\n{more}'
        for source, amount, more in [
            ("insurance-fund", "2", ""),
            ("margin", "1", 'attested = "3"\ncustodian = "Vault"\n'),
        ]
    )
    head = f'[commitment]\nscheme = "okx-merkle-v2"\nroot = "{root}"\ncovers = ["customer"]\n'
    answer = await audit(office, "--liabilities", statement(office, rows=head + rows), "--commitment", tree)
    assert "commitment-total" not in kinds(answer.json)
    told = answer.json["statement"]
    assert [(each["source"], each["amount"]["text"]) for each in told["liabilities"]] == [
        ("customer", "4"),
        ("insurance-fund", "2"),
        ("margin", "1"),
    ]
    assert [each["committed"] and each["committed"]["text"] for each in told["liabilities"]] == ["4", None, None]
    ratio = ratio_of(answer.json)
    assert (ratio["liabilities"]["text"], ratio["attested"]["text"], ratio["backing"]) == ("7", "3", "not committed")
    everything = statement(office, rows=head.replace('covers = ["customer"]', "") + rows, name="all")
    other = await audit(office, "--liabilities", everything, "--commitment", tree)
    assert (other.code, kinds(other.json)["commitment-total"]) == (1, "exception")


async def test_liabilities_of_another_day_are_marked_and_never_silently_compared(office: Office) -> None:
    later = MOMENT.replace(day=MOMENT.day + 1)
    answer = await audit(office, "--liabilities", statement(office, as_of=later))
    assert answer.code == 0
    assert ratio_of(answer.json)["same_moment"] is False
    assert kinds(answer.json) == {"as-of-differs": "warning"}
    shown = " ".join((await office.assay("ratio")).out.split())
    assert "liabilities of another moment:" in shown
    assert f"{later:%Y-%m-%d %H:%M}" in shown


async def test_a_restatement_stands_beside_the_first_publication(office: Office) -> None:
    first = await audit(office, "--liabilities", statement(office, name="first"))
    rows = '[[liability]]\nasset = "ETH"\namount = "1.5"'
    second = await audit(office, "--liabilities", statement(office, rows=rows, name="second"))
    assert first.json["run"]["id"] != second.json["run"]["id"]
    (other,) = second.json["statement"]["restated"]
    assert (other["name"], other["liabilities"][0]["amount"]["base_units"]) == ("first.toml", str(OWED))
    first_run = ("report", "--run", str(first.json["run"]["id"]))
    (other,) = (await office.assay(*first_run, "--json")).json["statement"]["restated"]
    assert other["name"] == "second.toml"
    assert "first.toml" in (await office.assay("status", "--exchange", "Example")).out
    assert "1.5" in (await office.assay(*first_run)).out.split()


async def test_refresh_audits_again_when_the_commitment_comes_or_changes(office: Office) -> None:
    office.list(COUNT)
    files, root = committed(office)
    statement(office, root=root, name="list")
    office.config = (
        "[policy]\npass_pause_s = 0\n"
        f'[[exchange]]\nname = "Example"\nlists = "{office.home}/list.csv"\n'
        f'liabilities = "{office.home}/{{stem}}.toml"\ncommitment = "{office.home}/of-{{stem}}/*"\n'
    )
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        assert (await office.assay("refresh")).code == 0
        assert "nothing is due" in (await office.assay("refresh")).out
        files.rename(office.home / "of-list")
        assert (await office.assay("refresh", "--json")).json[0]["outcome"] == "complete"
        assert "nothing is due" in (await office.assay("refresh")).out
        assert ratio_of((await office.assay("report", "--json")).json)["backing"] == "committed"
        leaves = office.home / "of-list" / "leaves.csv"
        leaves.write_bytes(leaves.read_bytes().replace(b"\n", b"\n\n", 1))
        assert orjson.loads((await office.assay("refresh", "--json")).out)[0]["outcome"] == "discrepancies"
