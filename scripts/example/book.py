"""The example exchange's books: published rows, liabilities, providers, and what an honest audit must find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from chains.spec import ProviderSpec
from chains.types import ChainId
from indexer.core.amounts import format_amount, rescale

_SCALE = 24
_OWED_PERCENT: dict[str, int] = {"ETH": 97, "USDT": 99, "USDC": 104, "LTC": 95, "TRX": 96}
"""Of what it claims to hold; 100 of what is not named. USDC: it owes more than it holds."""

LIST, LIABILITIES = "example_por.csv", "example_liabilities.toml"
_HEADER = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script/public key,EOA1,EOA2"
)


@dataclass
class Book:
    """Filled by the chains, then written to files. ``expected`` is coverage by asset, counted as rows are added."""

    rows: list[str] = field(default_factory=list)
    providers: list[ProviderSpec] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    planted: list[str] = field(default_factory=list)
    expected: defaultdict[str, defaultdict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    residues: dict[tuple[str, ChainId], tuple[int, int]] = field(default_factory=dict)
    """By asset and network: rows that transfers explain, rows with a residue."""
    claimed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    observed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # what can be known of it
    reasons: dict[str, str] = field(default_factory=dict)  # by address: words of the reason that its row is given

    def claim(
        self,
        coin: str,
        network: str,
        *,
        asset: str,
        height: int | None,
        address: str,
        amount: int,
        decimals: int,
        status: str = "verified",
        kind: str = "Non Staking",
        why: str = "",
    ) -> None:
        """Publish one row, and note which status an honest audit gives it, with ``why`` in its reason.

        A mismatch claims one base unit more than is there.
        """
        text = format_amount(amount, decimals=decimals)
        shown = "-" if height is None else str(height)
        self.rows.append(f"{coin},{kind},{network},{shown},{address},{text},I hold this,,,,,")
        self.expected[asset][status] += 1
        self.claimed[asset] += rescale(amount, decimals=decimals, scale=_SCALE)
        if status in ("verified", "mismatch"):
            held = amount - (status == "mismatch")
            self.observed[asset] += rescale(held, decimals=decimals, scale=_SCALE)
        if why:
            self.reasons[address] = why

    def configure(self, name: str, toml: str) -> None:
        """Add a file to this demo's configuration layer."""
        self.config[f"{name}.toml"] = toml

    def write(self, home: Path) -> None:
        """The published files, and this demo's configuration, under ``home``."""
        (home / LIST).write_text("coin,amount\n\n" + "\n".join([_HEADER, *self.rows]) + "\n")
        owed = (
            f'[[liability]]\nasset = "{asset}"\namount = "{_owed(asset, held)}"\n'
            for asset, held in self.claimed.items()
        )
        (home / LIABILITIES).write_text('[commitment]\nscheme = "none"\nroot = ""\n\n' + "\n".join(owed))
        (home / "config").mkdir()
        for name, text in self.config.items():
            (home / "config" / name).write_text(text)
        providers = home / "providers.toml"
        providers.touch(mode=0o600)
        providers.write_bytes(msgspec.toml.encode({"provider": self.providers}))

    def check(self, report: Mapping[str, Any], *, exit_code: int) -> list[str]:
        """Every difference between the report and what was planted, in words; empty when there is none."""
        planted = {status for statuses in self.expected.values() for status in statuses}
        code = 1 if "mismatch" in planted else 3 if planted - {"verified"} else 0
        wrong = [] if exit_code == code else [f"exit code {exit_code}, not {code}"]
        totals = {total["asset"]: total for total in report["assets"]}
        for asset, expected in self.expected.items():
            if asset not in totals:
                wrong.append(f"{asset} is missing")
                continue
            wrong += [f"{asset}: {line}" for line in self._unlike(totals[asset], expected)]
        rows = {row["address"]: row["reason"] for row in report["exceptions"]["rows"]}
        wrong += [
            f"{address}: {rows.get(address)!r} does not say {why!r}"
            for address, why in self.reasons.items()
            if why not in rows.get(address, "")
        ]
        followed = {
            (part["asset"], part["chain"]): (part["matching_rows"], part["differing_rows"])
            for part in report["reconciled"]
        }
        if followed != self.residues:
            wrong.append(f"transfers explain {followed} instead of {self.residues}")
        return wrong

    def _unlike(self, total: Mapping[str, Any], expected: Mapping[str, int]) -> list[str]:
        """How the total of one asset differs from the rows of it that were published."""
        wrong = []
        coverage, asset = total["coverage"], total["asset"]
        got = {name: coverage.get(name) for name in expected}
        if got != dict(expected):
            wrong.append(f"{got} instead of {dict(expected)}")
        if unplanted := _others(coverage, expected):
            wrong.append(f"rows nobody planted: {unplanted}")
        if total["scale"] is not None:
            low = rescale(int(total["observed"]["low"]["base_units"]), decimals=total["scale"], scale=_SCALE)
            if low != self.observed[asset]:
                wrong.append(f"observed {low} instead of {self.observed[asset]} (at {_SCALE} decimals)")
        return wrong


def _owed(asset: str, held: int) -> int:
    """Whole coins."""
    coin: int = 10**_SCALE
    return held * _OWED_PERCENT.get(asset, 100) // 100 // coin


def _others(found: Mapping[str, Any], expected: Mapping[str, int]) -> dict[str, int]:
    statuses: Sequence[str] = (
        "verified",
        "mismatch",
        "observed",
        "disputed",
        "unpinned",
        "unavailable",
        "unsupported",
        "rejected",
    )
    return {name: found[name] for name in statuses if name not in expected and found.get(name)}
