"""The one narrow door inside this family: a way of learning what scripts held after a block.

Each way is one module with one class, given the coin and its decimals when it is made; `chains/utxo/sources.py` lists
them, best first, and the adapter takes the first that says it can. A way speaks to the provider through `Rpc` only
(a dump file beside a node is named by it) and keeps nothing but what it puts into ``Question.memory``.

Blocks are asked for in a node's words whatever the provider is: getblockcount, getblockhash, getblockheader (hash,
height, mediantime). An explorer's history is asked for in the words of Dash Core's address index, which the index way
reads: getaddressdeltas [{addresses, start, end}] -> [{satoshis, txid, index, blockindex, height, address}], where
blockindex 0 says coinbase. So a REST API is a translation in `chains/rpc/explorers`, and no way of its own here; a
protocol that asks by script (Electrum) passes its own methods through and has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from chains.adapter import Memory, Progress, Rpc, Step
from chains.types import BlockRef


@dataclass(frozen=True, slots=True)
class Question:
    """What distinct scriptPubKeys held after ``block``, which the provider's best chain contained a moment ago.

    ``memory`` belongs to this chain and this provider's operator: no witness goes on from what another one said.
    ``progress`` is told of what takes long.
    """

    rpc: Rpc
    block: BlockRef
    scripts: Sequence[bytes]
    memory: Memory
    progress: Progress


@dataclass(frozen=True, slots=True)
class Held:
    """Base units after the asked block, one amount for each asked script, in order; zero is a statement.

    ``immature``: by script, the part of its amount in outputs of coinbases and stakes too young to be spent at that
    block; None where the way cannot tell. ``same_key``: by script, what plain public-key outputs (P2PK) of the same key
    hold, which is *not* in its amount; None where the way cannot tell.
    """

    amounts: Sequence[int]
    immature: Mapping[bytes, int] | None = None
    same_key: Mapping[bytes, int] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether a provider can be asked in this way, in words for `assay chains --probe`: how, or why not."""

    usable: bool
    said: str


class UtxoSource(Protocol):
    """One way. Stateless: everything is in the question.

    Neither method counts an unanswered question as nothing: they raise ChainError. `Transport` passes through.
    """

    name: ClassVar[str]
    """One word for reports: "dump", "scan", "index", "electrum", ..."""

    async def offer(self, question: Question) -> Offer:
        """Cheap, and of the real methods. ``scripts`` may be empty: then only the provider and the block count."""
        ...

    async def held(self, question: Question) -> Held:
        """Exact amounts after the block, or ChainError.

        Raises Reorged when the provider's chain no longer contains the block, Malformed for an answer that contradicts
        itself, is partial, or is about another block; Pruned where the provider cannot go back so far.
        """
        ...


class Forgetful:
    """A memory that keeps nothing."""

    async def load(self, name: str) -> bytes | None:
        return None

    async def save(self, name: str, value: bytes) -> None:
        pass


def unwatched(step: Step) -> None:
    """A progress that nobody looks at."""
