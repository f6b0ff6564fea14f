"""Accounts as one finalized slot left them, with that slot's hash and time.

A node answers each call from the newest finalized slot at that moment, so several calls may be of several slots; and
one call may hold accounts newer than the slot it names (agave issue 4807, mended by its pull request 11666). So every
getMultipleAccounts ends with the clock sysvar, by which the state itself testifies its slot and time, and
getLatestBlockhash gives the hash from the same bank. Neither needs a ledger history (getBlock does: many nodes keep
none, and it lags behind the slot just named), and a finalized bank is never a skipped slot. All is asked again until
every answer names one slot.

Shapes: https://solana.com/docs/rpc/http/getmultipleaccounts, .../getlatestblockhash; error codes: agave,
rpc-client-api/src/custom_error.rs.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import unpack_from

from solders.hash import Hash, ParseHashError

from chains.adapter import Call, Json, Rpc
from chains.errors import Malformed, RpcFault, Transport
from chains.solana.layout import BYTES_READ, Account
from chains.types import BlockRef, Failure, Reason

CLOCK = "SysvarC1ock11111111111111111111111111111111"
ACCOUNTS_MAX = 100
"""Keys in one getMultipleAccounts; one of them is the clock."""
BEHIND = -32016  # minimum context slot has not been reached
ATTEMPTS_MAX = 5
SLOT_S = 0.4
_CLOCK_BYTES = 40
_U64_END = 2**64
_DOUBLE_EXACT_END = 2**53


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``accounts[address]``: None is the node's explicit word that there is no such account in ``block``."""

    block: BlockRef
    accounts: Mapping[str, Account | Failure | None]


async def take(rpc: Rpc, addresses: Iterable[str], *, slot_min: int = 0) -> Snapshot:
    """Every address as of one finalized slot, not older than ``slot_min``.

    Raises Transport when the node is behind ``slot_min`` or keeps answering from several slots, RpcFault when it
    refuses.
    """
    wanted = list(dict.fromkeys(addresses))
    size = ACCOUNTS_MAX - 1
    parts = [wanted[start : start + size] for start in range(0, len(wanted), size)] or [[]]
    seen = ""
    for attempt in range(ATTEMPTS_MAX):
        if attempt:
            await asyncio.sleep(SLOT_S)  # within one slot a node that is behind stays behind
        answers = await rpc.batch(_calls(parts, slot_min))
        if _behind(answers):
            seen = "it is behind"
            continue
        hash_slot, block_hash = _block_hash(answers[0])
        slots, clocks = {hash_slot}, set()
        accounts: dict[str, Account | Failure | None] = {}
        for part, answer in zip(parts, answers[1:], strict=True):
            slot, values = context(answer)
            *found, clock = _accounts(values, expected=len(part) + 1)
            accounts.update(zip(part, found, strict=True))
            slots.add(slot)
            clocks.add(_clock(clock))
        if len(slots) == 1 and {slot for slot, _ in clocks} == slots:
            ((slot, time),) = clocks
            return Snapshot(BlockRef(slot, block_hash, time), accounts)
        seen = f"answers of {sorted(slots)} with state of {sorted(slot for slot, _ in clocks)}"
        slot_min = max(slots)
    raise Transport(f"{rpc.provider} did not answer from one finalized slot at or after {slot_min}: {seen}")


def config(slot_min: int) -> dict[str, object]:
    """What makes a node refuse rather than answer from state that is not final, or older than ``slot_min``."""
    return {"commitment": "finalized", "minContextSlot": slot_min}


def context(answer: Json | RpcFault) -> tuple[int, Json]:
    """(slot, value) of an answer; raises the refusal, or Malformed."""
    if isinstance(answer, RpcFault):
        raise answer
    match answer:
        case {"context": {"slot": int(slot)}, "value": value} if _is_u64(slot):
            return slot, value
    raise Malformed("an answer without context slot and value")


def _calls(parts: Sequence[Sequence[str]], slot_min: int) -> list[Call]:
    common = config(slot_min)
    how = {**common, "encoding": "base64", "dataSlice": {"offset": 0, "length": BYTES_READ}}
    reads: list[Call] = [("getMultipleAccounts", ([*part, CLOCK], how)) for part in parts]
    return [("getLatestBlockhash", (common,)), *reads]


def _behind(answers: Sequence[Json | RpcFault]) -> bool:
    return any(isinstance(answer, RpcFault) and answer.code == BEHIND for answer in answers)


def _block_hash(answer: Json | RpcFault) -> tuple[int, str]:
    slot, value = context(answer)
    match value:
        case {"blockhash": str(text)}:
            try:
                return slot, str(Hash.from_string(text))
            except ParseHashError:
                pass
    raise Malformed("getLatestBlockhash: no block hash")


def _accounts(values: Json, *, expected: int) -> list[Account | Failure | None]:
    if not isinstance(values, list) or len(values) != expected:
        raise Malformed(f"getMultipleAccounts: not one answer for each of {expected} keys")
    return [None if value is None else _account(value) for value in values]


def _account(value: Json) -> Account | Failure:
    match value:
        case {"lamports": int(lamports), "owner": str(owner), "data": [str(text), "base64"], **rest} if _is_u64(
            lamports
        ):
            if lamports >= _DOUBLE_EXACT_END and not _is_u64(rest.get("rentEpoch")):
                # Proxies that pass numbers through a double show it there first: 2**64 - 1 has become another number.
                return Failure(Reason.MALFORMED, "the provider rounds large numbers")
            try:
                return Account(lamports, owner, base64.b64decode(text, validate=True))
            except binascii.Error:
                pass
    return Failure(Reason.MALFORMED, "not an account with lamports, owner and base64 data")


def _is_u64(value: object) -> bool:
    return type(value) is int and 0 <= value < _U64_END


def _clock(account: Account | Failure | None) -> tuple[int, datetime]:
    """(slot, time) in the clock sysvar: slot u64, epoch start i64, epoch u64, schedule epoch u64, unix time i64."""
    if not isinstance(account, Account) or len(account.data) != _CLOCK_BYTES:
        raise Malformed("getMultipleAccounts: the clock sysvar is missing")
    slot, _, _, _, seconds = unpack_from("<QqQQq", account.data)
    try:
        return slot, datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"the clock sysvar says {seconds} s") from None
