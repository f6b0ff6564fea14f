"""A zk-STARK proof of what is owed beside a list of what is held: from customers' balances to the ratio."""

from __future__ import annotations

from pathlib import Path

from indexer.core.amounts import format_amount
from tests.acceptance.test_commitments import COUNT, MOMENT, audit, kinds, ratio_of
from tests.acceptance.world import Office, address, balance

OWED = [balance(address(number)) // 10**10 for number in range(COUNT)]  # at 8 decimals: below 2^60


async def proven(office: Office) -> Path:
    users, secret, out = office.home / "users.csv", office.home / "secret", office.home / "proof"
    rows = [f"user-{number},{format_amount(each, decimals=8)}" for number, each in enumerate(OWED)]
    users.write_text("\n".join(["user,ETH:8", *rows]) + "\n")
    secret.write_bytes(bytes(range(32)))
    given = ["--secret", str(secret), "--out", str(out), "--snapshot", MOMENT.isoformat()]
    made = await office.assay("prove-liabilities", str(users), *given)
    assert made.code == 0, made.out + made.err
    return out


async def test_proven_totals_stand_behind_the_ratio(office: Office) -> None:
    out = await proven(office)
    owed, public = out / "liabilities.csv", out / "public"
    answer = await audit(office, "--liabilities", owed, "--commitment", public)
    assert answer.code == 0, answer.out + answer.err
    ratio = ratio_of(answer.json)
    assert (ratio["backing"], ratio["same_moment"]) == ("committed", True)
    assert kinds(answer.json) == {}
    verdict = answer.json["statement"]["check"]["verdict"]
    assert (verdict["scheme"], verdict["valid"], verdict["anchored"]) == ("assay-stark-v1", True, "equal")
    assert verdict["totals"] == [{"asset": "ETH", "amount": str(sum(OWED)), "scale": 8}]


async def test_a_changed_proof_stands_behind_nothing(office: Office) -> None:
    out = await proven(office)
    (segment,) = (out / "public").glob("*.bin")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    answer = await audit(office, "--liabilities", out / "liabilities.csv", "--commitment", out / "public")
    assert answer.code == 1, answer.out + answer.err
    assert ratio_of(answer.json)["backing"] == "commitment failed"
    assert kinds(answer.json) == {"commitment-failed": "exception"}
