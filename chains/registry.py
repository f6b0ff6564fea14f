"""Family name in config -> the module of that name -> its adapter. A new family is one module and one entry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from chains.adapter import ChainAdapter, Prover
from chains.proofs import NoProofs
from chains.spec import ChainSpec

FAMILIES: dict[str, str] = {
    "beacon": "chains.beacon",
    "evm": "chains.evm.adapter",
    "utxo": "chains.utxo.adapter",
    "polkadot": "chains.polkadot",
    "solana": "chains.solana",
    "filecoin": "chains.filecoin",
    "xrpl": "chains.xrpl",
    "aptos": "chains.aptos",
    "cosmos": "chains.cosmos",
    "near": "chains.near",
    "starknet": "chains.starknet",
    "sui": "chains.sui",
    "stellar": "chains.stellar",
    "algorand": "chains.algorand",
    "cardano": "chains.cardano",
    "tron": "chains.tron",
    "ton": "chains.ton",
    "antelope": "chains.antelope",
    "aelf": "chains.aelf",
}
"""Each module has ``def build(spec: ChainSpec) -> ChainAdapter``; it decodes ``spec.options`` strictly."""

PROVERS: dict[str, str] = {"evm": "chains.evm.prover"}
"""Families whose balances can be proven; the module has ``def build(spec: ChainSpec) -> Prover | NoProofs``."""


class UnknownFamily(ValueError):
    """Config names a family that no module serves."""


@cache
def _module(family: str) -> object:
    try:
        return import_module(FAMILIES[family])
    except KeyError:
        known = ", ".join(sorted(FAMILIES))
        raise UnknownFamily(f"chain family {family!r} is not supported (known: {known})") from None


def adapter(spec: ChainSpec) -> ChainAdapter:
    """The adapter of one configured chain. Raises UnknownFamily, or msgspec.ValidationError for bad options."""
    return cast(ChainAdapter, _module(spec.family).build(spec))  # type: ignore[attr-defined]


def prover(spec: ChainSpec) -> Prover | NoProofs:
    """What proves balances of one configured chain, or why nothing does."""
    module = PROVERS.get(spec.family)
    if module is None:
        return NoProofs("no state proofs of this kind of network are verified here")
    return cast("Prover | NoProofs", import_module(module).build(spec))
