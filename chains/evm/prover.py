"""Proofs of EVM balances through the door: rules travel as text, and no type of this family leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from chains.adapter import Prover, Rpc
from chains.evm.balances import TOKEN_PREFIX
from chains.evm.options import Options
from chains.evm.proof.discover import PROBE, NoRule, confirm, discover
from chains.evm.proof.evidence import verify_stored
from chains.evm.proof.prove import prove_balances
from chains.evm.proof.slots import parse_rule
from chains.proofs import Learned, NoProofs, Proofs
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Instrument


class EvmProver:
    """One configured EVM chain. See `Prover` in chains/adapter.py for the contract."""

    def __init__(self, native: Instrument, *, confirmed: bool) -> None:
        self._native, self._confirmed = native, confirmed

    def needs_rule(self, instrument: Instrument) -> bool:
        return instrument != self._native

    async def learn_rule(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> Learned:
        found = await discover(rpc, block, Address(instrument.removeprefix(TOKEN_PREFIX)))
        return Learned(None, found.reason) if isinstance(found, NoRule) else Learned(str(found))

    async def confirms(self, rpc: Rpc, block: BlockRef, rule: str, *, holder: Address | None = None) -> bool:
        return await confirm(rpc, block, parse_rule(rule), holder=PROBE if holder is None else holder)

    async def prove(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], rules: Mapping[Instrument, str]
    ) -> Proofs:
        parsed = {instrument: parse_rule(rule) for instrument, rule in rules.items()}
        return await prove_balances(rpc, block, keys, parsed, native=self._native, confirmed=self._confirmed)

    def verify(self, evidence: bytes, block_hash: str) -> Mapping[BalanceKey, int]:
        return verify_stored(evidence, block_hash).balances


def build(spec: ChainSpec) -> Prover | NoProofs:
    """Raises msgspec.ValidationError for bad options."""
    options = msgspec.convert(spec.options, Options)
    if options.proofs == "none":
        return NoProofs("its block hash is not that of an Ethereum header, or its state no Merkle-Patricia trie")
    return EvmProver(spec.native, confirmed=options.proofs == "confirmed")
