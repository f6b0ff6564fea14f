"""TRX at a past block, from nodes that keep a history of balances (``storage.balance.history.lookup``).

``getaccountbalance`` answers with the balance and with the block in which the node last traced a change of the account,
at or before the one asked for. A node without that history, or one that began it later, answers 0 and repeats the block
it was asked about: the same words as for an account that had nothing. So a zero that names no trace is only believed of
an account that was created after that block. Source: documentation-en/api/http/account/getaccountbalance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chains.adapter import Call, Json, Rpc
from chains.answers import DETAIL_MAX, outcome
from chains.errors import Malformed, RpcFault
from chains.tron import node
from chains.tron.account import Account
from chains.types import BlockRef, Failure, Reason

NO_HISTORY = "the node says 0 without a trace, as it does where it keeps no history of balances"


async def changes(rpc: Rpc, addresses: Sequence[str], *, since: BlockRef, until: BlockRef) -> list[int | Failure]:
    """The net change of each liquid balance in (since, until]. Raises ChainError where nothing could be asked."""
    if not addresses:
        return []
    now = await node.accounts(rpc, addresses)
    answers = await rpc.batch([_call(address, block) for address in addresses for block in (since, until)])
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return [
        _change(now[address], *pair, since=since, until=until) for address, pair in zip(addresses, pairs, strict=True)
    ]


def _call(address: str, block: BlockRef) -> Call:
    return (
        "POST wallet/getaccountbalance",
        {
            "account_identifier": {"address": address},
            "block_identifier": {"hash": block.hash, "number": block.height},
            "visible": True,
        },
    )


def _change(
    now: node.Said, first: Json | RpcFault, last: Json | RpcFault, *, since: BlockRef, until: BlockRef
) -> int | Failure:
    held = [outcome(answer, partial(_held, now, block)) for answer, block in ((first, since), (last, until))]
    for each in held:
        if not isinstance(each, int):
            return each if isinstance(each, Failure) else Failure(Reason.REFUSED, str(each)[:DETAIL_MAX])
    before, after = (each for each in held if isinstance(each, int))
    return after - before


def _held(now: node.Said, block: BlockRef, answer: Json) -> int | Failure:
    match answer:
        case {"Error": str(said)}:
            return Failure(Reason.REFUSED, said[:DETAIL_MAX])
        case {"block_identifier": {"number": int(traced)}, **rest}:
            amount = rest.get("balance", 0)  # its JSON leaves out zeros; whether this one says anything is judged below
            if type(amount) is not int or amount < 0 or traced > block.height:
                raise Malformed("getaccountbalance: no balance at or before the block asked for")
            if amount or traced < block.height or _is_younger(now, block):
                return amount
            return Failure(Reason.REFUSED, NO_HISTORY)
    raise Malformed("getaccountbalance: no balance with its block")


def _is_younger(now: node.Said, block: BlockRef) -> bool:
    """Not even created by then: what does not exist holds nothing."""
    assert block.time is not None, "headers have a time"
    if not isinstance(now, Account):
        return False
    return now.created_ms is None or now.created_ms > block.time.timestamp() * 1000
