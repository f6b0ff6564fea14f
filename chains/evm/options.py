"""What config may say of an EVM chain beyond the common fields."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from chains.evm import multicall


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``finality``: the final block is the node's ``finalized`` or ``safe`` one, or ``depth`` blocks below its head.

    ``proofs = "confirmed"``: a real header of this network is known to hash as Ethereum's do (tests/chains/proof), so
    one that does not is a lie; "unconfirmed": that may as well be our ignorance; "none": its nodes give no
    Merkle-Patricia proofs of state under the header's hash.
    ``number_in_band = false``: the EVM's NUMBER is not this chain's height (Arbitrum: it is that of Ethereum), or its
    BLOCKHASH not the hash of that block; so an answer is tied to its block by hash, chain id and time only, and a node
    that takes no hash is not asked in bulk.
    ``multicall3``: where that contract lives, if not at its usual address (zkSync Era).
    """

    finality: Literal["finalized", "safe", "depth"] = "finalized"
    depth: int | None = None
    proofs: Literal["confirmed", "unconfirmed", "none"] = "unconfirmed"
    number_in_band: bool = True
    multicall3: Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{40}$")] = multicall.ADDRESS

    def __post_init__(self) -> None:
        if (self.finality == "depth") != (self.depth is not None):
            raise ValueError('finality = "depth" and depth belong together')
        if self.depth is not None and self.depth < 1:
            raise ValueError("depth must be at least 1")
