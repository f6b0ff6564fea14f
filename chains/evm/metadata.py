"""What a token contract says of itself, read through web3.py."""

from __future__ import annotations

from chains.adapter import Rpc
from chains.errors import ChainError
from chains.evm.balances import pin
from chains.types import BlockRef

_ABI = [
    {
        "type": "function",
        "name": "decimals",
        "inputs": [],
        "outputs": [{"type": "uint8", "name": ""}],
        "stateMutability": "view",
    }
]


async def decimals(rpc: Rpc, block: BlockRef, token: str) -> int:
    """``decimals()`` of an ERC-20 as of ``block``. Raises ChainError where the contract states none."""
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415  (web3 and its libraries take seconds to import)

    from chains.evm.web3_provider import connect  # noqa: PLC0415

    w3 = connect(rpc)
    data = w3.eth.contract(abi=_ABI).encode_abi("decimals")
    try:
        answer = await w3.eth.call(
            {"to": w3.to_checksum_address(token), "data": data},
            pin(block),  # type: ignore[arg-type]  # EIP-1898; web3 passes it on, its types lack it
            ccip_read_enabled=False,
        )
        (number,) = w3.codec.decode(["uint8"], answer)
    except (DecodingError, TypeError, ValueError) as error:
        raise ChainError(f"{token} states no decimals: {error}") from None
    return int(number)
