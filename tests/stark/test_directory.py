"""Proving on disk: what is published, what is kept, going on after a stop, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.intake.liability_files import open_documents
from indexer.intake.statement import read_statement
from indexer.intake.users import BadUsers
from indexer.liabilities import assay_stark
from indexer.liabilities.stark.verifier import verify_segment
from indexer.model.verdict import Anchor, Proven
from indexer.settings import load
from indexer.work.stark import prove as proving
from indexer.work.stark.check import verify_directory
from indexer.work.stark.inclusion import inclusion_of, write_inclusions
from indexer.work.stark.prove import prove
from tests.stark import kit
from tests.stark.lists import SECRET, write_list

USERS = 2 * kit.TEST.active_rows + 100
SNAPSHOT = "2026-11-30T00:00:00Z"
Made = tuple[Path, Path, list[tuple[str, int, int]]]


def _prove(users: Path, out: Path, *, secret: bytes = SECRET, snapshot: str = SNAPSHOT) -> None:
    prove(users, secret=secret, out=out, snapshot=snapshot, processes=1, params=kit.TEST)


def _bytes(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    here = tmp_path_factory.mktemp("stark")
    rows = write_list(here / "users.csv", users=USERS)
    _prove(here / "users.csv", here / "out")
    return here / "users.csv", here / "out", rows


def test_a_proof_from_a_list_to_every_customer(made: Made) -> None:
    users, out, rows = made
    manifest, verdict = verify_directory(out / "public", root=None, processes=1, params=kit.TEST)
    assert verdict.valid, verdict.rejected
    assert manifest.statement.segments == 3
    assert [total.amount for total in verdict.totals] == [sum(row[1] for row in rows), sum(row[2] for row in rows)]
    assert verdict.leaves == USERS
    assert set(verdict.proven) == {Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS}
    write_inclusions(users, out, secret=SECRET, processes=1, params=kit.TEST)
    files = [json.loads(line) for path in (out / "inclusion").iterdir() for line in path.read_bytes().splitlines()]
    assert sorted(file["user"] for file in files) == sorted(row[0] for row in rows)
    owed = {row[0]: [str(row[1]), str(row[2])] for row in rows}
    assert all(file["balances"] == owed[file["user"]] for file in files)
    for file in files[::100]:
        assert inclusion_of(out, secret=SECRET, user=file["user"], params=kit.TEST) == file
        _check(out, file, manifest.root)
    assert list((out / "private").iterdir()) == [path for path in (out / "private").iterdir() if path.is_file()]
    for kept in ("private", "inclusion"):
        assert (out / kept).stat().st_mode & 0o077 == 0


def _check(out: Path, file: dict[str, object], root: str) -> None:
    path = out / "one.json"
    path.write_text(json.dumps(file))
    verdict = assay_stark.verify_under(kit.TEST, open_documents((path, out / "public")), root)
    path.unlink()
    assert verdict.valid, verdict.rejected
    assert verdict.anchored is Anchor.EQUAL
    assert Proven.INCLUSION in verdict.proven
    assert [str(total.amount) for total in verdict.found] == file["balances"]


def test_the_order_of_the_list_is_not_in_the_proof(made: Made, tmp_path: Path) -> None:
    users, out, _ = made
    head, *lines = users.read_text(encoding="utf-8").splitlines()
    (tmp_path / "users.csv").write_text("\n".join([head, *reversed(lines)]), encoding="utf-8")
    _prove(tmp_path / "users.csv", tmp_path / "out")
    assert _bytes(tmp_path / "out" / "public") == _bytes(out / "public")


def test_several_processes_make_the_same_proof(made: Made, tmp_path: Path) -> None:
    users, out, _ = made
    told: list[int] = []
    prove(
        users,
        secret=SECRET,
        out=tmp_path / "out",
        snapshot=SNAPSHOT,
        processes=2,
        params=kit.TEST,
        proven=told.append,
    )
    assert _bytes(tmp_path / "out" / "public") == _bytes(out / "public")
    assert sum(told) == USERS
    _, verdict = verify_directory(tmp_path / "out" / "public", root=None, processes=2, params=kit.TEST)
    assert verdict.valid


def test_stopped_at_any_segment_it_goes_on_to_the_same_bytes(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, out, _ = made
    asked: list[int] = []
    true = proving.prover_of

    def stopping(snapshot: object, segment: int) -> object:
        asked.append(segment)
        if len(asked) in (2, 4):
            raise KeyboardInterrupt
        return true(snapshot, segment)  # type: ignore[arg-type]

    monkeypatch.setattr(proving, "prover_of", stopping)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            _prove(users, tmp_path / "out")
        assert not (tmp_path / "out" / "public" / "manifest.json").exists()
    _prove(users, tmp_path / "out")
    assert asked == [0, 1, 1, 2, 2]
    assert _bytes(tmp_path / "out" / "public") == _bytes(out / "public")


@pytest.mark.parametrize(
    ("users", "segments"), [(1, 1), (kit.TEST.active_rows, 1), (kit.TEST.active_rows + 1, 2), (2_000, 3)]
)
def test_one_user_a_full_segment_and_one_over(users: int, segments: int, tmp_path: Path) -> None:
    rows = write_list(tmp_path / "users.csv", users=users)
    _prove(tmp_path / "users.csv", tmp_path / "out")
    manifest, verdict = verify_directory(tmp_path / "out" / "public", root=None, processes=1, params=kit.TEST)
    assert verdict.valid, verdict.rejected
    assert manifest.statement.segments == segments
    assert [total.amount for total in verdict.totals] == [sum(row[1] for row in rows), sum(row[2] for row in rows)]


def test_two_hundred_thousand_users_with_the_products_parameters(tmp_path: Path) -> None:
    users, count = tmp_path / "users.csv", 200_000
    users.write_text("user,BTC:8\n" + "".join(f"user-{number},{number}.5\n" for number in range(count)))
    prove(users, secret=SECRET, out=tmp_path / "out", snapshot="2026-11", processes=1)
    manifest, verdict = verify_directory(tmp_path / "out" / "public", root=None, processes=1)
    assert verdict.valid, verdict.rejected
    assert manifest.statement.segments == 4
    assert verdict.totals[0].amount == sum(range(count)) * 10**8 + count * 50_000_000


def test_a_damaged_segment_is_made_again(made: Made, tmp_path: Path) -> None:
    users, out, _ = made
    _prove(users, tmp_path / "out")
    path = tmp_path / "out" / "public" / "segment-00001.bin"
    path.write_bytes(path.read_bytes()[:-1])
    _prove(users, tmp_path / "out")
    assert _bytes(tmp_path / "out" / "public") == _bytes(out / "public")


def test_stopped_while_gathering_it_begins_again(made: Made, tmp_path: Path) -> None:
    users, out, _ = made

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove(
            users,
            secret=SECRET,
            out=tmp_path / "out",
            snapshot=SNAPSHOT,
            params=kit.TEST,
            processes=1,
            gathered=stop,
        )
    with pytest.raises(BadUsers, match="begun here, or it is damaged"):
        inclusion_of(tmp_path / "out", secret=SECRET, user="user-1", params=kit.TEST)
    _prove(users, tmp_path / "out")
    assert _bytes(tmp_path / "out" / "public") == _bytes(out / "public")


def test_a_snapshot_is_proven_once_with_one_secret(made: Made, tmp_path: Path) -> None:
    users, out, _ = made
    before = _bytes(out / "public")
    with pytest.raises(BadUsers, match="begun with another secret"):
        _prove(users, out, secret=b"another secret of at least 32 bytes")
    with pytest.raises(BadUsers, match="begun with another snapshot"):
        _prove(users, out, snapshot="2026-12")
    (tmp_path / "users.csv").write_text(users.read_text(encoding="utf-8") + "late,1,1\n", encoding="utf-8")
    with pytest.raises(BadUsers, match="begun with another list of users"):
        _prove(tmp_path / "users.csv", out)
    with pytest.raises(BadUsers, match="made with another secret"):
        inclusion_of(out, secret=b"another secret of at least 32 bytes", user="user-1", params=kit.TEST)
    with pytest.raises(BadUsers, match="no user 'nobody'"):
        inclusion_of(out, secret=SECRET, user="nobody", params=kit.TEST)
    with pytest.raises(BadUsers, match="made with other parameters"):
        inclusion_of(out, secret=SECRET, user="user-1", params=kit.TINY)
    assert _bytes(out / "public") == before
    (tmp_path / "torn" / "private").mkdir(parents=True)
    (tmp_path / "torn" / "private" / "begun.json").write_text("{")
    with pytest.raises(BadUsers, match=r"begun\.json is damaged"):
        _prove(users, tmp_path / "torn")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("of somebody's")
    with pytest.raises(BadUsers, match="not empty"):
        _prove(users, tmp_path / "full")


def test_one_balance_more_changes_every_public_value(made: Made, tmp_path: Path) -> None:
    """A corrected list under the same secret: no fingerprint is blinded twice."""
    users, out, _ = made
    text = users.read_text(encoding="utf-8")
    (tmp_path / "users.csv").write_text(text.replace("user-0,0.", "user-0,1.", 1), encoding="utf-8")
    _prove(tmp_path / "users.csv", tmp_path / "out")
    at, size = 200, 16
    for name, data in _bytes(out / "public").items():
        if name.endswith(".bin"):
            other = (tmp_path / "out" / "public" / name).read_bytes()
            pieces = {data[k : k + size] for k in range(at, len(data) - size, 4)}
            shared = pieces & {other[k : k + size] for k in range(at, len(other) - size, 4)}
            assert len(shared) <= 4, name  # limb sums of segments that did not change


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("user,A:0\n", "no users"),
        ("user,A:0\none,1\ntwo,2\none,3\n", "the same user on lines 2 and 4"),
        ("user,A:0\none,-1\n", "users.csv:2: A: negative amount"),
        ("user,A:9\none,68.719476736\n", "users.csv:2: A: not below 68719476736 base units at 9 decimals"),
        ("user,A:0\n\none,1\ntwo,x\n", "users.csv:4: A: not a decimal number"),
        ("user,A:0\none,1,1\n", "users.csv:2: 3 columns, not 2"),
        ("user,A:0\n one,1\n", "users.csv:2: a user is 1 to 1000 bytes"),
        ("users,A:0\n", "users.csv:1: the first line must be"),
        ("user," + ",".join(f"A{number}:0" for number in range(101)) + "\n", "101 assets; at most 100"),
    ],
)
def test_a_bad_list_is_named_by_line(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(text)
    with pytest.raises(BadUsers, match=reason):
        _prove(tmp_path / "users.csv", tmp_path / "out")


def test_the_totals_are_a_statement_that_an_audit_reads(
    made: Made,
) -> None:
    _, out, rows = made
    text = (out / "liabilities.csv").read_text()
    root = json.loads((out / "public" / "manifest.json").read_text())["root"]
    assert text.startswith(f"# scheme: assay-stark-v1\n# root: {root}\n# as_of: 2026-11-30T00:00:00+00:00\n")
    total = sum(row[1] for row in rows)
    assert f"BTC,{total // 10_000}.{total % 10_000:04}".rstrip("0") in text
    statement = read_statement(out / "liabilities.csv", load({}).names)
    assert (statement.commitment.scheme, statement.commitment.root) == ("assay-stark-v1", root)
    owed = statement.liabilities[0]
    assert owed.amount * 10**4 == total * 10**owed.scale


def test_every_segment_is_verified_before_it_is_written(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def watched(statement: object, segment: int, data: bytes) -> tuple[int, ...]:
        seen.append(segment)
        return verify_segment(statement, segment, data)  # type: ignore[arg-type]

    monkeypatch.setattr(proving, "verify_segment", watched)
    _prove(made[0], tmp_path / "out")
    assert seen == [0, 1, 2]
