"""From a later set of watched outputs down to a pinned block: a node is never rewound."""

from __future__ import annotations

from chains.errors import Malformed, Reorged
from chains.types import BlockRef
from chains.utxo.forward import Moved
from chains.utxo.spent import Undoing, Undone
from chains.utxo.watched import Outpoint, Watched


async def back(undoing: Undoing, watched: Watched, to: BlockRef, moved: Moved) -> None:
    """Moves ``watched`` down to ``to``, by parent hash, so that nothing can slip in between.

    Raises Reorged when the walk does not end in ``to``, Pruned when the node cannot tell what blocks spent, Malformed
    where a block made or left other outputs than the set has.
    """
    by_height: dict[int, set[Outpoint]] = {}
    for place, unspent in watched.coins.items():
        by_height.setdefault(unspent.height, set()).add(place)
    while watched.height > to.height:
        undone = await undoing.newest(watched)
        made = by_height.pop(watched.height, set())
        _agree(undoing.provider, watched, undone, made)
        for place, unspent in undone.spent.items():
            by_height.setdefault(unspent.height, set()).add(place)
        watched.disconnect(undone.previous, made=made, spent=undone.spent)
        await moved()
    if watched.hash != to.hash:
        raise Reorged(f"block {to.height} was {to.hash}, is {watched.hash}")


def _agree(provider: str, watched: Watched, undone: Undone, made: set[Outpoint]) -> None:
    """The set after a block holds just what the block left there, and none of what it spent."""
    paid = {place: (watched.coins[place].script, watched.coins[place].amount) for place in made}
    if paid != undone.made or watched.coins.keys() & undone.spent.keys():
        raise Malformed(f"{provider}: its outputs and its block at height {watched.height} contradict each other")
