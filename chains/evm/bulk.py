"""Balances of many keys by the best way an endpoint has; what is odd about any of them is asked again by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chains.adapter import Rpc
from chains.amounts import VOID, PackedAmounts
from chains.evm import balances
from chains.evm.packed import SHORT, WIDE, are_sentinels
from chains.evm.plan import Plan
from chains.evm.probe import Endpoint
from chains.evm.reader_asm import CALL_GAS
from chains.evm.sweep import Sweep
from chains.evm.ways import Way
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Readings, Reason


async def read(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], *, native: Instrument, endpoint: Endpoint
) -> Readings:
    """One reading per key, in order, as of ``block``. Raises as ``balances.read`` does, and WrongChain."""
    if not keys or await endpoint.settle(rpc, block) is Way.BATCH:
        return await balances.read(rpc, block, keys, native=native)
    plan = Plan(keys, native=native)
    sweep = Sweep(rpc, block, endpoint, plan)
    await sweep.run()

    odd = np.flatnonzero(~sweep.is_read | are_sentinels(sweep.words))
    if endpoint.by_hash:
        again = [keys[index] for index in plan.first_key[odd]]
        alone = await balances.read(rpc, block, again, native=native, are_odd=bool(sweep.is_read.any()))
        outcomes = dict(
            zip(odd.tolist(), (alone.failures.get(i, amount) for i, amount in enumerate(alone.amounts)), strict=True)
        )
    else:
        outcomes = {pair: _failure(sweep, pair) for pair in odd.tolist()}
    return _readings(block, sweep, plan, outcomes)


def _failure(sweep: Sweep, pair: int) -> Failure:
    """Why, as far as the reader can tell: this node takes no block by hash, so no call by itself could be believed."""
    if not sweep.is_read[pair]:
        return Failure(Reason.UNSUPPORTED, "it can only be asked by block hash, which this node does not take")
    match sweep.words[pair].tobytes():
        case packed if packed == WIDE:
            return Failure(Reason.OUT_OF_RANGE, "2**128 or more")
        case packed if packed == SHORT:
            return Failure(Reason.EMPTY, "no contract, or one that says nothing")
    return Failure(Reason.REVERTED, f"failed within {CALL_GAS} gas")


def _readings(block: BlockRef, sweep: Sweep, plan: Plan, outcomes: dict[int, int | Failure | None]) -> Readings:
    wide: dict[int, int] = {}
    failures: dict[int, Failure] = {}
    odd = np.fromiter(outcomes, np.int64, len(outcomes))
    sweep.words[odd] = np.frombuffer(VOID, np.uint8)
    for index in np.flatnonzero(np.isin(plan.pair_of, odd)).tolist():
        outcome = outcomes[int(plan.pair_of[index])]
        if isinstance(outcome, Failure):
            failures[index] = outcome
        else:
            assert outcome is not None
            wide[index] = outcome
    words = sweep.words[plan.pair_of].tobytes()
    return Readings(block, PackedAmounts(words, wide=wide, missing=failures.keys()), failures)
