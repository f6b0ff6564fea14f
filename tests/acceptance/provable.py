"""A real node behind a door that can lie: anvil, served again on loopback with any of its answers bent."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from chains.errors import RpcFault
from chains.types import Address
from indexer.core.amounts import format_amount
from scripts.engines.anvil import Anvil
from tests.acceptance.world import Office, address

ROWS = 40
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
METHODS = (
    *("eth_chainId", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBalance", "eth_call", "eth_getCode"),
    *("eth_getProof", "eth_createAccessList"),
)
Bend = Callable[..., Any]
"""(answer, *params) -> answer"""


def ether(number: int) -> int:
    return int(hashlib.sha256(f"ether {number}".encode()).hexdigest()[:18], 16)


def tether(number: int) -> int:
    return int(hashlib.sha256(f"tether {number}".encode()).hexdigest()[:10], 16)


async def fund(node: Anvil, *, off: Mapping[int, int] | None = None) -> None:
    """ROWS holders of both assets, final in block 1. ``off`` changes the ether of some."""
    coins = {Address(address(number)): ether(number) + (off or {}).get(number, 0) for number in range(ROWS)}
    await node.set_balances(coins)
    await node.set_token(USDT, decimals=6, balances={Address(address(n)): tether(n) for n in range(ROWS)})
    await node.mine()


def published(office: Office, *, off: Mapping[int, int] | None = None, beside: Sequence[str] = ()) -> Path:
    """The list of those holders; ``off`` changes claims of ether, which they have on the networks ``beside``, too."""
    lines = ["network,asset,address,amount,height"]
    for number in range(ROWS):
        claimed = format_amount(ether(number) + (off or {}).get(number, 0), decimals=18)
        lines.extend(f"{network},ETH,{address(number)},{claimed},1" for network in ("Ethereum", *beside))
        lines.append(f"Ethereum,USDT,{address(number)},{format_amount(tether(number), decimals=6)},1")
    path = office.home / "provable.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def bent(url: str, bends: Mapping[str, Bend] | None = None, *, without: tuple[str, ...] = ()) -> dict[str, Bend]:
    """Methods for FaultyRpc: what the node at ``url`` says, bent."""

    def method(name: str) -> Bend:
        bend = (bends or {}).get(name)

        def answer(*params: Any) -> Any:
            said = ask(url, name, *params)
            return said if bend is None else bend(said, *params)

        return answer

    return {name: method(name) for name in METHODS if name not in without}


def ask(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as reply:
        answer = json.loads(reply.read())
    if "error" in answer:
        raise RpcFault(answer["error"]["code"], answer["error"]["message"])
    return answer["result"]


async def hash_of(node: Anvil, height: int) -> str:
    block = await asyncio.to_thread(ask, node.url, "eth_getBlockByNumber", hex(height), False)
    return str(block["hash"])
