"""What config may say of an EVM chain beyond the common fields."""

from __future__ import annotations

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``finality``: the final block is the node's ``finalized`` or ``safe`` one, or ``depth`` blocks below its head.

    ``proofs = "none"``: its nodes give no Merkle-Patricia proofs of state under the header's hash.
    """

    finality: Literal["finalized", "safe", "depth"] = "finalized"
    depth: int | None = None
    proofs: Literal["mpt", "none"] = "mpt"

    def __post_init__(self) -> None:
        if (self.finality == "depth") != (self.depth is not None):
            raise ValueError('finality = "depth" and depth belong together')
        if self.depth is not None and self.depth < 1:
            raise ValueError("depth must be at least 1")
