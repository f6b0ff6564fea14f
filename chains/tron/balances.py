"""Bulk balances at one solid block: TRX and TRC-20 by one aggregate call, frozen TRX account by account.

The aggregate tells the block it ran in, and is atomic. ``getaccount`` tells none: what it says is frozen counts for
the block of the aggregate only if the account then held the same liquid amount, or if nothing frozen differs between a
reading before and one after. Accounts that move are asked again; tokens and liquid TRX never wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chains.adapter import Rpc
from chains.answers import Held, Outcome, readings
from chains.errors import Malformed, RpcFault, TooLarge, Transport
from chains.tron import multicall, node
from chains.tron.account import Account
from chains.tron.address import raw
from chains.tron.kept import Kept
from chains.tron.multicall import Answers, Question
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Readings, Reason

TOKEN_PREFIX = "trc20:"  # noqa: S105  (an instrument, not a password)
KEYS_PER_CALL = 200
ATTEMPTS_MAX = 5
NOT_OURS = Failure(Reason.UNSUPPORTED, "not an instrument of this chain")
_FEW = 8
"""Questions of which more than half may fail before energy is suspected."""


async def read(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], *, native: Instrument, contract: bytes, kept: Kept
) -> Readings:
    """One reading per key, in order, all of one solid block at or after ``block``. Raises Transport, RpcFault.

    ``kept`` is told what was said of accounts beside.
    """
    wanted = list(dict.fromkeys(keys))
    questions = {key: question for key in wanted if (question := _question(key, native)) is not None}
    outcomes: dict[BalanceKey, Outcome] = dict.fromkeys(wanted, NOT_OURS)
    if not questions:
        return readings(block, keys, outcomes)
    coins = [key for key in wanted if key.instrument == native]
    before: dict[str, node.Said] = {}
    for _ in range(ATTEMPTS_MAX):
        served, returned = await _state(rpc, contract, questions, height_min=block.height)
        outcomes |= {key: _outcome(answer) for key, answer in returned.items()}
        liquid = {key.address: _liquid(outcomes[key]) for key in coins}
        moved = [address for address, amount in liquid.items() if not _same(before.get(address), amount)]
        after = await node.accounts(rpc, moved) if moved else {}
        kept.keep(rpc, served, after)
        moving = [a for a in moved if not (_same(after[a], liquid[a]) or _unchanged(before.get(a), after[a]))]
        before |= after
        if not moving:
            outcomes |= {key: _beside(outcomes[key], before[key.address]) for key in coins}
            return readings(served, keys, outcomes)
    raise Transport(f"{rpc.provider}: what {len(moving)} accounts have frozen changes faster than it can be read")


async def _state(
    rpc: Rpc, contract: bytes, questions: Mapping[BalanceKey, Question], *, height_min: int
) -> tuple[BlockRef, dict[BalanceKey, bytes | None]]:
    """What every question returned in one block, and that block, whose header must name the same parent."""
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


def _outcome(returned: bytes | None) -> Outcome:
    if returned is None:
        return Failure(Reason.REVERTED, "the contract refused to answer")
    if not returned:
        return Failure(Reason.EMPTY, "no answer: no contract, or one without this function")
    if len(returned) < 32:
        return Failure(Reason.MALFORMED, f"an answer of {len(returned)} bytes")
    return Held(int.from_bytes(returned[:32], "big"))


def _liquid(outcome: Outcome) -> int | None:
    return outcome.amount if isinstance(outcome, Held) else None


def _same(said: node.Said | None, liquid: int | None) -> bool:
    """Whether an account was in the very state of the aggregate; one that is refused will not be better known."""
    return isinstance(said, Failure | RpcFault) or (said is not None and said.liquid == liquid)


def _unchanged(before: node.Said | None, after: node.Said) -> bool:
    return isinstance(before, Account) and isinstance(after, Account) and before.locked == after.locked


def _beside(outcome: Outcome, said: node.Said) -> Outcome:
    """The liquid amount with what is frozen beside it; without the one, the other is not the whole."""
    if not isinstance(outcome, Held):
        return outcome
    return Held(outcome.amount, said.locked) if isinstance(said, Account) else said
