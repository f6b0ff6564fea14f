"""Bulk balances at one solid block: TRX and TRC-20 by one aggregate call, frozen TRX account by account.

The aggregate tells the block it ran in, and is atomic. ``getaccount`` tells none: what it says is frozen counts for
the block of the aggregate only if the account then held the same liquid amount, or if nothing frozen differs between a
reading before and one after. Accounts that move are asked again; tokens and liquid TRX never wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chains.adapter import Rpc
from chains.errors import Malformed, TooLarge, Transport
from chains.tron import multicall, node
from chains.tron.account import Account
from chains.tron.address import raw
from chains.tron.multicall import Answers, Question
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Liquidity, Readings, Reason

TOKEN_PREFIX = "trc20:"  # noqa: S105  (an instrument, not a password)
KEYS_PER_CALL = 200
ATTEMPTS_MAX = 5
_FEW = 8
"""Questions of which more than half may fail before energy is suspected."""


async def read(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], *, native: Instrument, contract: bytes
) -> Readings:
    """One reading per key, in order, all of one solid block at or after ``block``. Raises Transport, RpcFault."""
    wanted = list(dict.fromkeys(keys))
    known = {key: question for key in wanted if (question := _question(key, native)) is not None}
    if not known:
        return _readings(block, keys, {}, native, {})
    holders = [key.address for key in wanted if key.instrument == native]
    before: dict[str, Account] = {}
    for _ in range(ATTEMPTS_MAX):
        served, found = await _state(rpc, contract, known, height_min=block.height)
        liquid = {key.address: found[key] for key in known if key.instrument == native}
        moved = [address for address in holders if not _same(before.get(address), liquid[address])]
        after = await node.accounts(rpc, moved) if moved else {}
        open_ = [a for a in moved if not (_same(after[a], liquid[a]) or _unchanged(before.get(a), after[a]))]
        before |= after
        if not open_:
            return _readings(served, keys, found, native, {address: before[address].locked for address in holders})
    raise Transport(f"{rpc.provider}: what {len(open_)} accounts have frozen changes faster than it can be read")


async def _state(
    rpc: Rpc, contract: bytes, questions: Mapping[BalanceKey, Question], *, height_min: int
) -> tuple[BlockRef, dict[BalanceKey, bytes | None]]:
    """What every question returned in one block, and that block; its header must name the parent the state names."""
    keys = list(questions)
    parts = [keys[start : start + KEYS_PER_CALL] for start in range(0, len(keys), KEYS_PER_CALL)]
    seen = ""
    for _ in range(ATTEMPTS_MAX):
        pieces = [piece for part in parts for piece in await _pieces(rpc, contract, [questions[key] for key in part])]
        heights = {piece.height for piece in pieces}
        first = pieces[0]
        seen = f"answers of {sorted(heights)}"
        if len(heights) > 1 or first.height < height_min:
            continue
        head = await node.header(rpc, first.height)
        if {piece.parent for piece in pieces} != {head.parent}:
            raise Malformed(f"{rpc.provider}: its state and its header of block {first.height} have different parents")
        returned = [each for piece in pieces for each in piece.returned]
        return head.block, dict(zip(keys, returned, strict=True))
    raise Transport(f"{rpc.provider} did not answer from one solid block at or after {height_min}: {seen}")


async def _pieces(rpc: Rpc, contract: bytes, questions: Sequence[Question]) -> list[Answers]:
    """The answers in order, in as many calls as the node wants."""
    try:
        answers = await node.aggregate(rpc, contract, questions)
        failed = sum(each is None for each in answers.returned)
        if len(questions) <= _FEW or 2 * failed <= len(questions):
            return [answers]
    except TooLarge:
        if len(questions) == 1:
            raise
    middle = len(questions) // 2
    return [
        *await _pieces(rpc, contract, questions[:middle]),
        *await _pieces(rpc, contract, questions[middle:]),
    ]


def _question(key: BalanceKey, native: Instrument) -> Question | None:
    if key.instrument == native:
        return multicall.coins(raw(key.address))
    if key.instrument.startswith(TOKEN_PREFIX):
        return multicall.tokens(raw(key.instrument.removeprefix(TOKEN_PREFIX)), raw(key.address))
    return None


def _same(account: Account | None, liquid: bytes | None) -> bool:
    return account is not None and liquid is not None and account.liquid == int.from_bytes(liquid, "big")


def _unchanged(before: Account | None, after: Account) -> bool:
    return before is not None and before.locked == after.locked


def _readings(
    block: BlockRef,
    keys: Iterable[BalanceKey],
    found: Mapping[BalanceKey, bytes | None],
    native: Instrument,
    frozen: Mapping[str, Mapping[Liquidity, int]],
) -> Readings:
    amounts: list[int | None] = []
    failures: dict[int, Failure] = {}
    locked: dict[int, Mapping[Liquidity, int]] = {}
    for index, key in enumerate(keys):
        outcome = (
            _outcome(found[key]) if key in found else Failure(Reason.UNSUPPORTED, "not an instrument of this chain")
        )
        if isinstance(outcome, Failure):
            failures[index] = outcome
            amounts.append(None)
            continue
        amounts.append(outcome)
        if key.instrument == native and frozen.get(key.address):
            locked[index] = frozen[key.address]
    return Readings(block, amounts, failures, locked)


def _outcome(returned: bytes | None) -> int | Failure:
    if returned is None:
        return Failure(Reason.REVERTED, "the contract refused to answer")
    if not returned:
        return Failure(Reason.EMPTY, "no answer: no contract, or one without this function")
    if len(returned) < 32:
        return Failure(Reason.MALFORMED, f"an answer of {len(returned)} bytes")
    return int.from_bytes(returned[:32], "big")
