"""Every row of the three published example files, by line: its verdict, its scheme, and what is still missing."""

from __future__ import annotations

import pytest

from chains.ownership.types import Verdict
from indexer.intake.ownership_rows import SignedRow, open_signed
from tests.ownership.cases import book
from tests.shared import shared

OWNED, OWNER = Verdict.OWNED, Verdict.OWNER_SIGNED
EIP191 = "evm/eip191-keccak"

ROWS = {
    "okx_por_example.csv": {
        16: (OWNED, EIP191, ""),
        17: (OWNED, EIP191, ""),
        18: (OWNER, EIP191, "that the contract names them"),
        19: (OWNED, "ton/highload-v3", ""),
        20: (OWNER, "aptos/sha3-256", "authentication_key"),
    },
    "okx_por_staking_example.csv": {
        5: (OWNED, EIP191, ""),
        6: (OWNER, EIP191, "withdrawal credentials"),
        7: (OWNER, EIP191, "withdrawal credentials"),
    },
    "test.csv": {
        2: (OWNED, EIP191, ""),
        3: (OWNED, "starknet/proxy", ""),
        4: (OWNED, "p2wsh-multisig/bitcoin-message", "2 different keys of a 2-of-3"),
        5: (OWNED, "ss58/key", ""),
        6: (OWNED, "cardano/enterprise", ""),
        7: (OWNED, "p2sh-multisig/dogecoin-message", "2 different keys of a 2-of-3"),
        8: (OWNED, "evm/okx-keccak", ""),
        9: (OWNED, "tron/tron-v2", ""),
        10: (OWNER, "eos/okx-sha256", "permissions"),
    },
}


def published(name: str) -> dict[int, SignedRow]:
    rows = list(open_signed(shared("okx", name)))
    assert all(isinstance(row, SignedRow) for row in rows)
    return {row.line_no: row for row in rows if isinstance(row, SignedRow)}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_published_row_has_its_verdict(name: str) -> None:
    rows = published(name)
    assert list(rows) == sorted(ROWS[name])
    for line_no, (verdict, scheme, detail) in ROWS[name].items():
        row = rows[line_no]
        result = book().verify(row.coin, row.network, row.claim)
        assert (result.verdict, result.scheme) == (verdict, scheme), (line_no, result)
        assert detail in result.detail


def test_every_published_row_is_broken_by_another_message() -> None:
    for name, lines in ROWS.items():
        rows = published(name)
        for line_no in lines:
            row = rows[line_no]
            claim = row.claim._replace(message=row.claim.message + ".")
            assert book().verify(row.coin, row.network, claim).verdict is Verdict.BAD_SIGNATURE
