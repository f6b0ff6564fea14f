"""Finds the storage slot behind balanceOf, and makes the node confirm it by planting values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chains.adapter import Call, Json, Rpc
from chains.codec.evm_address import keccak256
from chains.errors import Pruned, RpcFault
from chains.evm.balances import pin
from chains.evm.blocks import confirm as confirm_block
from chains.evm.faults import is_block
from chains.evm.proof.slots import PLANTS, SlotRule, candidates, field_of, marked, marks
from chains.evm.wire import word
from chains.types import Address, BlockRef

PROBE = Address("0x" + keccak256(b"assay: a holder that holds nothing")[:20].hex())
_BALANCE_OF = "0x70a08231" + "0" * 24
_HITS_MAX = 8


@dataclass(frozen=True, slots=True)
class NoRule:
    """The balances of this token cannot be proven from one storage slot each, and why."""

    token: Address
    reason: str


async def discover(rpc: Rpc, block: BlockRef, token: Address) -> SlotRule | NoRule:
    """The rule by which ``token`` keeps balances, confirmed on the state of ``block``.

    What a contract does with its slots is the node's word: a second provider should ``confirm`` the rule.
    Raises Reorged, Pruned or another ChainError where the node cannot say.
    """
    hits = await _by_access_list(rpc, block, token) or await _by_planting(rpc, block, token)
    for storage, key in hits[:_HITS_MAX]:
        layout, base = candidates(_raw(PROBE))[key]
        guess = SlotRule(token, storage, layout, base, 0, 256, block.height)
        if (found := await _field(rpc, block, guess, PROBE)) is not None:
            return replace(guess, shift=found[0], width=found[1])
    if hits:
        return NoRule(token, "balanceOf does not answer what is in the holder's slot: rebasing, or computed")
    return NoRule(token, "no known slot of the holder is behind balanceOf, or the node takes no state overrides")


async def confirm(rpc: Rpc, block: BlockRef, rule: SlotRule, *, holder: Address = PROBE) -> bool:
    """Whether the rule holds on the state of ``block`` for this holder, by this provider. Raises ChainError."""
    return await _field(rpc, block, rule, holder) == (rule.shift, rule.width)


async def _by_access_list(rpc: Rpc, block: BlockRef, token: Address) -> list[tuple[Address, bytes]]:
    """The slots that balanceOf touches and that a known layout gives to the holder; none where not offered."""
    answer = (await _ask(rpc, block, [("eth_createAccessList", (_question(token, PROBE), pin(block)))]))[0]
    listed = answer.get("accessList") if isinstance(answer, dict) else None
    hits = []
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        storage, keys = entry.get("address"), entry.get("storageKeys")
        for key in keys if isinstance(storage, str) and isinstance(keys, list) else []:
            raw = _data32(key)
            if raw in candidates(_raw(PROBE)):
                hits.append((Address(str(storage).lower()), raw))
    return hits


async def _by_planting(rpc: Rpc, block: BlockRef, token: Address) -> list[tuple[Address, bytes]]:
    """Every candidate slot of the token planted at once, each with its own mark: the answer shows whose it is."""
    planted = marks(_raw(PROBE))
    (answer,) = await _balances(rpc, block, token, PROBE, [{token: planted}])
    key = None if answer is None else marked(answer, _raw(PROBE))
    return [] if key is None else [(token, key)]


async def _field(rpc: Rpc, block: BlockRef, rule: SlotRule, holder: Address) -> tuple[int, int] | None:
    key = rule.slot(holder)
    # The holder's other slots hold something too: a balance that is a sum, or depends on a flag, then shows.
    others = marks(_raw(holder))
    planted = [{rule.storage: {**others, key: plant}} for plant in PLANTS]
    answers = await _balances(rpc, block, rule.token, holder, planted)
    known = [answer for answer in answers if answer is not None]
    return field_of(known) if len(known) == len(PLANTS) else None


async def _balances(
    rpc: Rpc,
    block: BlockRef,
    token: Address,
    holder: Address,
    planted: Sequence[Mapping[Address, Mapping[bytes, int]]],
) -> list[int | None]:
    """balanceOf(holder) on the state of the block with these words planted; None where there is no number."""
    calls: list[Call] = []
    for plant in planted:
        overrides = {
            contract: {"stateDiff": {"0x" + key.hex(): f"0x{value:064x}" for key, value in words.items()}}
            for contract, words in plant.items()
        }
        calls.append(("eth_call", (_question(token, holder), pin(block), overrides)))
    decoded = [None if isinstance(answer, RpcFault) else word(answer) for answer in await _ask(rpc, block, calls)]
    return [number if isinstance(number, int) else None for number in decoded]


async def _ask(rpc: Rpc, block: BlockRef, calls: Sequence[Call]) -> list[Json | RpcFault]:
    """Answers and refusals. Raises Reorged or Pruned where a refusal is about the block."""
    answers = await rpc.batch(calls)
    for answer in answers:
        if isinstance(answer, RpcFault) and is_block(answer):
            await confirm_block(rpc, block)
            raise Pruned(answer.code, answer.message, answer.data)
    return answers


def _question(token: Address, holder: Address) -> dict[str, str]:
    return {"to": token, "data": _BALANCE_OF + holder[2:]}


def _raw(address: Address) -> bytes:
    return bytes.fromhex(address[2:])


def _data32(value: object) -> bytes:
    """32 bytes, or none where it is something else: a slot that matches nothing."""
    if not isinstance(value, str) or len(value) != 66 or not value.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return b""
