"""What transactions changed: fees, payments and transfers of assets, those inside of application calls, too.

An asset that is created or destroyed shows as a residue of its creator; one that was frozen or freed for an account
moved between free and locked without being moved, and is not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chains import answers
from chains.adapter import Rpc
from chains.algorand import indexer
from chains.algorand.indexer import Transaction
from chains.codec import algorand
from chains.types import BalanceKey, BlockRef, Failure, Flows, Instrument, Reason

_NOBODY = ("", algorand.encode(bytes(32)))


async def flows(
    rpc: Rpc, native: Instrument, asset_prefix: str, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]
) -> Flows:
    """Every change of each key in (since, until], added up. Raises RpcFault, Pruned where there is no indexer."""
    await indexer.block(rpc, max(since, 1))
    rounds = range(since + 1, until.height + 1)
    roots = await indexer.transactions(rpc, list(dict.fromkeys(key.address for key in keys)), rounds)
    payers = dict.fromkeys(key.address for key in keys if key.instrument == native)
    paid = await indexer.payouts(rpc, list(payers), rounds)
    changes: dict[BalanceKey, int | Failure] = {}
    for key in keys:
        moved = roots[key.address]
        if isinstance(moved, Failure):
            changes[key] = moved
        elif key.instrument != native:
            changes[key] = asset_change(key.address, int(key.instrument.removeprefix(asset_prefix)), moved)
        else:
            payout = paid[key.address]
            changes[key] = payout if isinstance(payout, Failure) else payout + coin_change(key.address, moved)
    return answers.flows(since, until, keys, changes)


def coin_change(address: str, roots: Iterable[Transaction]) -> int:
    """In microalgos, of what transactions and those inside of them moved; what proposers are paid is in none."""
    change = 0
    for one in _all(roots):
        if one.sender == address:
            change += one.sender_rewards - one.fee
        if paid := one.payment_transaction:
            change -= (one.sender == address) * (paid.amount + paid.close_amount)
            change += (paid.receiver == address) * (paid.amount + one.receiver_rewards)
            change += (paid.close_remainder_to == address) * (paid.close_amount + one.close_rewards)
    return change


def asset_change(address: str, asset: int, roots: Iterable[Transaction]) -> int | Failure:
    change = 0
    for one in _all(roots):
        frozen, moved = one.asset_freeze_transaction, one.asset_transfer_transaction
        if frozen and (frozen.address, frozen.asset_id) == (address, asset):
            return Failure(Reason.UNSUPPORTED, "it was frozen or freed meanwhile")
        if moved and moved.asset_id == asset:
            taken_from = one.sender if moved.sender in _NOBODY else moved.sender
            change -= (taken_from == address) * (moved.amount + moved.close_amount)
            change += (moved.receiver == address) * moved.amount
            change += (moved.close_to == address) * moved.close_amount
    return change


def _all(transactions: Iterable[Transaction]) -> Iterator[Transaction]:
    for one in transactions:
        yield one
        yield from _all(one.inner_txns)
