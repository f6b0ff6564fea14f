"""One view of a contract, as the API of Starknet asks for it; its codes of errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from chains.adapter import Call
from chains.codec import starknet
from chains.types import BlockRef

NO_CONTRACT, NO_ENTRY_POINT, NO_BLOCK, CONTRACT_ERROR = 20, 21, 24, 40
Felt = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,64}$")]


def view(contract: str, name: str, calldata: Sequence[str], block: BlockRef) -> Call:
    request = {
        "contract_address": felt(contract),
        "entry_point_selector": hex(starknet.selector(name)),
        "calldata": [*map(felt, calldata)],
    }
    return "starknet_call", (request, {"block_hash": felt(block.hash)})


def felt(text: str) -> str:
    return hex(int(text, 16))  # the API wants no leading zeros
