"""The real Multicall3, for local nodes: its creation code as the viem package carries it, brought by npm."""

from __future__ import annotations

import re

from chains.evm import multicall
from scripts.engines.anvil import Anvil
from scripts.engines.npm_archive import read_member

PACKAGE = "viem@2.38.0"
_ARCHIVE = "viem-2.38.0.tgz"
_MEMBER = "_esm/constants/contracts.js"
_CODE = re.compile(r"multicall3Bytecode = '(0x[0-9a-f]+)'")


def creation_code() -> str:
    """Raises EngineMissing where npm cannot bring it."""
    found = _CODE.search(read_member(PACKAGE, _ARCHIVE, _MEMBER))
    assert found, f"{PACKAGE} has its code under another name"
    return found[1]


async def place(node: Anvil, address: str = multicall.ADDRESS) -> None:
    """As if it had been deployed there, from the newest block on."""
    code = await node.rpc.call("eth_call", ({"data": creation_code()}, "latest"))
    assert isinstance(code, str)
    await node.set_code(address, code)
