"""Addresses of all five types whose coins a test can spend again without a wallet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, cast

from chains.adapter import Rpc
from chains.codec import base58check
from chains.types import Address
from chains.utxo import address
from chains.utxo.params import coin_of
from chains.utxo.wire import units
from scripts.engines.litecoind import REGTEST, Coin, Litecoind, transaction

KINDS = ("p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr")
COIN = coin_of(REGTEST)
WIF_VERSION = 239


class Holder(NamedTuple):
    """``script_sig`` and ``witness`` spend its coins; with a ``key`` (WIF) the node signs instead."""

    kind: str
    address: Address
    script: bytes
    script_sig: bytes = b""
    witness: tuple[bytes, ...] = ()
    key: str | None = None


async def holder(rpc: Rpc, kind: str, number: int) -> Holder:
    """Holder ``number`` of a kind; the same one for the same number."""
    seed = hashlib.sha256(f"{kind} {number}".encode()).digest()
    if kind in ("p2pkh", "p2wpkh"):
        wif = base58check.encode(bytes([WIF_VERSION]) + seed + b"\x01")
        function = "pkh" if kind == "p2pkh" else "wpkh"
        info = cast(dict[str, str], await rpc.call("getdescriptorinfo", [f"{function}({wif})"]))
        (text,) = cast(list[str], await rpc.call("deriveaddresses", [info["descriptor"]]))
        return Holder(kind, Address(text), address.to_script(COIN, text), key=wif)
    redeem = b"\x08" + seed[:8] + b"\x75\x51"  # a number, dropped, and OP_TRUE
    if kind == "p2sh":
        script = b"\xa9\x14" + hashlib.new("ripemd160", hashlib.sha256(redeem).digest()).digest() + b"\x87"
        return _spoken(kind, script, script_sig=bytes([len(redeem)]) + redeem)
    if kind == "p2wsh":
        return _spoken(kind, b"\x00\x20" + hashlib.sha256(redeem).digest(), witness=(redeem,))
    assert kind == "p2tr"
    return _spoken(kind, b"\x51\x20" + seed)  # the engine keeps taproot switched off: anyone can spend it


def _spoken(kind: str, script: bytes, *, script_sig: bytes = b"", witness: tuple[bytes, ...] = ()) -> Holder:
    text = address.from_script(COIN, script)
    assert text is not None
    return Holder(kind, text, script, script_sig, witness)


async def spend(
    node: Litecoind, spent: Sequence[tuple[Holder, Coin]], outputs: Sequence[tuple[Holder, int]]
) -> list[Coin]:
    """Mines one block that spends holders' coins for exactly these outputs; the rest is lost as a fee."""
    coins = [coin._replace(script_sig=holder.script_sig, witness=holder.witness) for holder, coin in spent]
    raw, made = transaction(coins, [(holder.script, amount) for holder, amount in outputs])
    keys = [holder.key for holder, _ in spent if holder.key]
    if keys:
        signed = cast(dict[str, object], await node.rpc.call("signrawtransactionwithkey", [raw, keys]))
        raw = cast(str, signed["hex"])
        decoded = cast(dict[str, object], await node.rpc.call("decoderawtransaction", [raw]))
        made = [coin._replace(txid=cast(str, decoded["txid"])) for coin in made]
    await node.mine_with([raw])
    return made


async def replay(rpc: Rpc, height: int) -> dict[str, int]:
    """Base units per script (hex) after the block at a height, by applying every block since the first one.

    The slow and simple way, which the adapter must equal.
    """
    unspent: dict[tuple[str, int], tuple[str, int]] = {}
    for number in range(1, height + 1):
        block = cast(dict[str, list[dict[str, list[dict[str, object]]]]],
                     await rpc.call("getblock", [await rpc.call("getblockhash", [number]), 2]))  # fmt: skip
        for tx in block["tx"]:
            for spent in tx["vin"]:
                if "coinbase" not in spent:
                    del unspent[cast(str, spent["txid"]), cast(int, spent["vout"])]
            for output in tx["vout"]:
                script = cast(dict[str, str], output["scriptPubKey"])["hex"]
                place = (cast(str, cast(object, tx["txid"])), cast(int, output["n"]))
                unspent[place] = (script, units(cast(float, output["value"]), 8))
    held: dict[str, int] = {}
    for script, amount in unspent.values():
        held[script] = held.get(script, 0) + amount
    return held
