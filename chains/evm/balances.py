"""Balances by JSON-RPC batches, a call for each, every call pinned to one block hash (EIP-1898)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chains.adapter import Call, Json, Rpc
from chains.errors import Pruned, RpcFault
from chains.evm.blocks import confirm
from chains.evm.faults import is_block, is_execution
from chains.evm.wire import quantity, word
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Readings, Reason

TOKEN_PREFIX = "erc20:"  # noqa: S105  (an instrument, not a password)
_BALANCE_OF = "0x70a08231" + "0" * 24
_DETAIL_MAX = 200  # characters; a contract chooses the text of its own revert


def pin(block: BlockRef) -> dict[str, object]:
    """The block parameter that makes a node refuse rather than answer about another block."""
    return {"blockHash": block.hash, "requireCanonical": True}


async def read(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], *, native: Instrument, are_odd: bool = False
) -> Readings:
    """One reading per key, in order, as of ``block``.

    Raises Reorged when the block is no longer canonical, Pruned when the node lacks it or its state for any key
    (another node can answer them all), RpcFault when the node refuses every key, unless they ``are_odd``: picked for
    having failed before.
    """
    calls: list[Call] = []
    asked: list[int] = []
    amounts: list[int | None] = [None] * len(keys)
    failures: dict[int, Failure] = {}
    at = pin(block)
    for index, key in enumerate(keys):
        call = _call(key, native, at=at)
        if call is None:
            failures[index] = Failure(Reason.UNSUPPORTED, f"not an instrument of this chain: {key.instrument}")
        else:
            calls.append(call)
            asked.append(index)

    answers = await rpc.batch(calls) if calls else []
    await check_refusals(rpc, block, answers, may_all_fail=are_odd)
    for index, answer in zip(asked, answers, strict=True):
        outcome = decode(answer, native=keys[index].instrument == native)
        if isinstance(outcome, Failure):
            failures[index] = outcome
        else:
            amounts[index] = outcome
    return Readings(block, amounts, await _tell_no_code(rpc, block, keys, failures, native))


def decode(answer: Json | RpcFault, *, native: bool) -> int | Failure:
    """One answer as base units, or why it is none."""
    if isinstance(answer, RpcFault):
        return Failure(Reason.REVERTED if is_execution(answer) else Reason.REFUSED, str(answer)[:_DETAIL_MAX])
    return quantity(answer) if native else word(answer)


def _call(key: BalanceKey, native: Instrument, *, at: dict[str, object]) -> Call | None:
    if key.instrument == native:
        return "eth_getBalance", (key.address, at)
    if not key.instrument.startswith(TOKEN_PREFIX):
        return None
    token = key.instrument.removeprefix(TOKEN_PREFIX)
    return "eth_call", ({"to": token, "data": _BALANCE_OF + key.address[2:]}, at)


async def check_refusals(rpc: Rpc, block: BlockRef, answers: Sequence[Json | RpcFault], *, may_all_fail: bool) -> None:
    """Raises Reorged, Pruned or RpcFault where the refusals are about the block, or all there is; see `read`."""
    refusals = [answer for answer in answers if isinstance(answer, RpcFault) and not is_execution(answer)]
    if not refusals:
        return
    # The header says more surely than the wording of an error whether the block is still there.
    await confirm(rpc, block)
    for refusal in refusals:
        if is_block(refusal):
            raise Pruned(refusal.code, refusal.message, refusal.data)
    if len(refusals) == len(answers) and not may_all_fail:
        raise refusals[0]


async def _tell_no_code(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], failures: dict[int, Failure], native: Instrument
) -> Mapping[int, Failure]:
    """An empty return of a token means that no contract lives there, or one that says nothing: ask which."""
    silent = [i for i, failure in failures.items() if failure.reason is Reason.EMPTY and keys[i].instrument != native]
    tokens = sorted({keys[index].instrument for index in silent})
    if not tokens:
        return failures
    at = pin(block)
    codes = await rpc.batch([("eth_getCode", (token.removeprefix(TOKEN_PREFIX), at)) for token in tokens])
    bare = {token for token, code in zip(tokens, codes, strict=True) if code == "0x"}
    no_code = Failure(Reason.NO_CODE, "no contract at this address in this block")
    return failures | {index: no_code for index in silent if keys[index].instrument in bare}
