"""What the Solana tests share: two wallets, tokens, and one key's answer."""

from __future__ import annotations

from chains.adapter import ChainAdapter, Rpc
from chains.types import BalanceKey, Instrument, Reason
from tests.chains.harness_solana import address

ALICE, BOB = address(1), address(2)


def token(mint: str) -> Instrument:
    return Instrument(f"token:{mint}")


async def only(adapter: ChainAdapter, rpc: Rpc, key: BalanceKey) -> int | Reason:
    """The amount of one key, or why there is none."""
    readings = await adapter.balances(rpc, await adapter.final_block(rpc), [key])
    (amount,) = readings.amounts
    return readings.failures[0].reason if amount is None else amount
