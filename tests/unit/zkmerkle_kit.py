"""Small zkmerkle publications, hashed step by step from the published layout and not by the code under test."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from indexer.liabilities.poseidon_bn254 import poseidon
from tests.unit.liability_kit import MemoryDocument, json_document, text_document

SIBLINGS = list(range(1, 29))


def element(value: int) -> str:
    return base64.b64encode(value.to_bytes(32)).decode()


def pack(values: Sequence[int]) -> list[int]:
    values = [*values, *[0] * (-len(values) % 3)]
    return [a * 2**128 + b * 2**64 + c for a, b, c in zip(values[::3], values[1::3], values[2::3], strict=True)]


def climb(leaf: int, index: int) -> int:
    for height, sibling in enumerate(SIBLINGS):
        leaf = poseidon([sibling, leaf] if (index >> height) % 2 else [leaf, sibling])
    return leaf


def tiered_user() -> dict[str, Any]:
    """Two assets of 500, 2 and 60; index 5. Prices 10 and 20."""
    held = {2: (100, 30, 40, 0, 10), 60: (7, 0, 0, 7, 0)}
    indices = [*range(2), 2, *range(3, 50 - 1), 60]  # 48 fillers below 49, and the two
    assert len(indices) == 50
    flat = [value for index in indices for value in (index, *held.get(index, (0, 0, 0, 0, 0)))]
    equity, debt, collateral = 1140, 300, 500
    leaf = poseidon([77, equity, debt, collateral, poseidon(pack(flat))])
    names = ("Equity", "Debt", "Loan", "Margin", "PortfolioMargin")
    return {
        "AccountIndex": 5,
        "AccountIdHash": f"{77:064x}",
        "TotalEquity": equity,
        "TotalDebt": debt,
        "TotalCollateral": collateral,
        "Assets": [{"Index": index, **dict(zip(names, amounts, strict=True))} for index, amounts in held.items()],
        "Root": f"{climb(leaf, 5):064x}",
        "Proof": [element(sibling) for sibling in SIBLINGS],
    }


def table() -> dict[str, Any]:
    """Two assets, two collateral tiers a kind."""
    tiers = [{"BoundaryValue": 10**20, "Ratio": 90}, {"BoundaryValue": 2**118, "Ratio": 0}]
    ratios = {f"{kind}Ratios": tiers for kind in ("Loan", "Margin", "PortfolioMargin")}
    pledged = {"LoanCollateral": 5, "MarginCollateral": 6, "PortfolioMarginCollateral": 7}
    rows = [
        {"Symbol": "btc", "Index": 0, "TotalEquity": 900, "TotalDebt": 100, "BasePrice": 10, **pledged, **ratios},
        {"Symbol": "shib", "Index": 1, "TotalEquity": 50, "TotalDebt": 0, "BasePrice": 20, **pledged, **ratios},
    ]
    return {"ProofTable": "proof.csv", "CexAssetsInfo": rows}


def table_hash(*, emptied: bool) -> int:
    """The commitment to ``table()`` in its 500 places, tier by tier."""
    pair = (90 + 10**20 * 2**8) + (2**118 * 2**8) * 2**126
    unused = (2**118 * 2**8) + (2**118 * 2**8) * 2**126
    elements: list[int] = []
    for equity, debt, price in ((900, 100, 10), (50, 0, 20)):
        held = (0, 0, 0, 0, 0) if emptied else (equity, debt, 5, 6, 7)
        elements += [*pack([held[0], held[1], price]), *pack(held[2:]), pair, pair, pair]
    elements += [0, 0, unused, unused, unused] * 498
    return poseidon(elements)


def batches(rows: Sequence[dict[str, Any]]) -> MemoryDocument:
    """A proof table; ``rows`` hold numbers, lists and texts as the columns want them."""
    out = io.StringIO()
    names = ["proof_info", *rows[0]]
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    for row in rows:
        cells = {name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()}
        writer.writerow({"proof_info": "", **cells})
    return text_document("proof.csv", out.getvalue())


def one_root_rows(start: int, end: int) -> list[dict[str, Any]]:
    """Three batches of one tree (root 999) of 700, 700 and 92 accounts; totals go start -> 11 -> 22 -> end."""
    steps, accounts = [start, 11, 22, end], [(0, 699), (700, 1399), (1400, 1491)]
    return [
        {
            "cex_asset_list_commitments": [element(steps[number]), element(steps[number + 1])],
            "account_tree_roots": [element(999)],
            "batch_commitment": element(poseidon([999, steps[number], steps[number + 1], first, last])),
            "batch_number": number,
            "min_account_index": first,
            "max_account_index": last,
            "assets_count": 50,
        }
        for number, (first, last) in enumerate(accounts)
    ]


def two_root_rows(empty: int, start: int, end: int) -> list[dict[str, Any]]:
    """Two batches, from the empty tree to root 8, over root 7."""
    roots, steps = [empty, 7, 8], [start, 11, end]
    return [
        {
            "cex_asset_list_commitments": [element(steps[number]), element(steps[number + 1])],
            "account_tree_roots": [element(roots[number]), element(roots[number + 1])],
            "batch_commitment": element(poseidon([*roots[number : number + 2], *steps[number : number + 2]])),
            "batch_number": number,
        }
        for number in range(2)
    ]


def document(name: str, value: dict[str, Any]) -> MemoryDocument:
    return json_document(name, value)
