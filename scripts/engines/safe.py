"""The real Safe, for local nodes: the wallet's code as its npm package carries it, set up by a transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scripts.engines.anvil import Anvil
from scripts.engines.npm_archive import read_member

PACKAGE = "@safe-global/safe-contracts@1.4.1"
_ARCHIVE = "safe-global-safe-contracts-1.4.1.tgz"
_MEMBER = "build/artifacts/contracts/Safe.sol/Safe.json"
_ABI = ("address[]", "uint256", "address", "bytes", "address", "address", "uint256", "address")
_SETUP = "0xb63e800d"
_ZERO = "0x" + "00" * 20


async def place(node: Anvil, address: str) -> None:
    """Its code, without owners yet. Raises EngineMissing where npm cannot bring it."""
    await node.set_code(address, json.loads(read_member(PACKAGE, _ARCHIVE, _MEMBER))["deployedBytecode"])


async def set_up(node: Anvil, address: str, *, owners: Sequence[str], threshold: int) -> None:
    """Names its owners, in the block that is mined next. Once only, as the contract asks."""
    from eth_abi.abi import encode  # noqa: PLC0415  (takes seconds to import)

    accounts = await node.rpc.call("eth_accounts")
    assert isinstance(accounts, list), "anvil has accounts of its own"
    arguments = encode(_ABI, [owners, threshold, _ZERO, b"", _ZERO, _ZERO, 0, _ZERO])
    transaction = {"from": accounts[0], "to": address, "data": _SETUP + arguments.hex(), "gas": hex(1_000_000)}
    await node.rpc.call("eth_sendTransaction", (transaction,))
    await node.mine(1)
