"""Storage of one block, many keys a call, and every answer tied to the block that was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chains.adapter import Json, Rpc
from chains.errors import Malformed, Pruned, Reorged, RpcFault, TooLarge
from chains.types import BlockRef

KEYS_MAX = 1_000
"""Storage keys of one call; halved where a provider takes fewer. A node without other limits served 5,000."""
_BLOCK_TROUBLE = ("unknownblock", "unknown block", "state already discarded", "header was not found", "pruned")


async def read(rpc: Rpc, block: BlockRef, keys: Sequence[str]) -> Mapping[str, bytes | None]:
    """What each storage key holds in ``block``; None where nothing is stored, as the node itself says of that key.

    Raises Pruned where the node has the block without its state, Reorged where the chain has another block there.
    """
    found: dict[str, bytes | None] = {}
    waiting = [keys[start : start + KEYS_MAX] for start in range(0, len(keys), KEYS_MAX)][::-1]
    while waiting:
        part = waiting.pop()
        try:
            found |= _changes(await rpc.call("state_queryStorageAt", (list(part), block.hash)), block, part)
        except TooLarge:
            if len(part) == 1:
                raise
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
        except RpcFault as fault:
            await _explain(rpc, block, fault)
    return found


async def one(rpc: Rpc, block: BlockRef, key: str) -> bytes | None:
    return (await read(rpc, block, [key]))[key]


def _changes(answer: Json, block: BlockRef, keys: Sequence[str]) -> dict[str, bytes | None]:
    match answer:
        case [{"block": str(served), "changes": list(changes)}] if served == block.hash:
            pairs = [_pair(change) for change in changes]
        case _:
            raise Malformed(f"state_queryStorageAt: not the storage of block {block.height}")
    found = dict(pairs)
    if len(found) != len(pairs) or found.keys() != set(keys):
        raise Malformed("state_queryStorageAt: other keys than those that were asked")
    return found


def _pair(change: Json) -> tuple[str, bytes | None]:
    match change:
        case [str(key), None]:
            return key, None
        case [str(key), str(value)] if value.startswith("0x"):
            try:
                return key, bytes.fromhex(value[2:])
            except ValueError:
                pass
    raise Malformed("state_queryStorageAt: a value that is no hex")


async def hash_at(rpc: Rpc, height: int) -> str:
    """The hash of the canonical block at a height. Raises Pruned where the node has none."""
    answer = await rpc.call("chain_getBlockHash", (height,))
    if answer is None:
        raise Pruned(0, f"the node has no block {height}")
    if not isinstance(answer, str) or len(answer) != 66 or not answer.startswith("0x"):
        raise Malformed("chain_getBlockHash: no block hash")
    return answer


async def _explain(rpc: Rpc, block: BlockRef, fault: RpcFault) -> None:
    """Raises what a refusal of the state means: another block there, no state any more, or the refusal itself."""
    said = f"{fault.message} {fault.data}".lower()
    if not any(words in said for words in _BLOCK_TROUBLE):
        raise fault
    if (current := await hash_at(rpc, block.height)) != block.hash:
        raise Reorged(f"block {block.height} was {block.hash} and is now {current}") from None
    raise Pruned(fault.code, fault.message, fault.data) from None
