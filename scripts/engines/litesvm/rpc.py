"""The JSON-RPC that Solana nodes speak, answered from a ledger: methods, shapes and refusals as documented.

Shapes: https://solana.com/docs/rpc (getMultipleAccounts, getTokenAccountsByOwner, getLatestBlockhash, getBlock,
getBlocks, getBlockTime, getSignaturesForAddress, getTransaction);
codes and messages: agave, rpc/src/rpc.rs and rpc-client-api/src/custom_error.rs.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey

from scripts.engines.litesvm.ledger import TOKEN, TOKEN_2022, Ledger

_ACCOUNTS_MAX, _SIGNATURES_MAX = 100, 1_000
_TOKEN_BYTES = 165
_VERSION = "3.1.8"

Json = Any  # what travels as JSON, both ways


class Refusal(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message} | ({} if data is None else {"data": data})


def answer(ledger: Ledger, asked: Json) -> Json:
    """One request object to one response object, or a batch of them, in order."""
    if isinstance(asked, list):
        return [answer(ledger, one) for one in asked]
    envelope = {"jsonrpc": "2.0", "id": asked["id"]}
    try:
        method = _METHODS.get(asked["method"])
        if method is None:
            raise Refusal(-32601, "Method not found")
        return envelope | {"result": method(ledger, *asked.get("params", []))}
    except Refusal as refusal:
        return envelope | {"error": refusal.body}


def _in_context(ledger: Ledger, value: Json) -> Json:
    return {"context": {"apiVersion": _VERSION, "slot": ledger.slot}, "value": value}


def _check(ledger: Ledger, config: Json) -> None:
    if config.get("minContextSlot", 0) > ledger.slot:
        raise Refusal(-32016, "Minimum context slot has not been reached", {"contextSlot": ledger.slot})


def _get_slot(ledger: Ledger, config: Json = {}) -> Json:  # noqa: B006 (only read)
    _check(ledger, config)
    return ledger.slot


def _get_latest_blockhash(ledger: Ledger, config: Json = {}) -> Json:  # noqa: B006
    _check(ledger, config)
    return _in_context(ledger, {"blockhash": ledger.blocks[ledger.slot][0], "lastValidBlockHeight": ledger.slot + 150})


def _get_block(ledger: Ledger, slot: int, config: Json = {}) -> Json:  # noqa: B006
    if (config.get("transactionDetails"), config.get("rewards")) != ("none", False):
        raise Refusal(-32602, "this engine keeps no transactions: ask for none, and no rewards")
    block_hash, time = _block(ledger, slot)
    earlier = [known for known in ledger.blocks if known < slot]
    parent = max(earlier, default=0)
    return {
        "blockHeight": len(earlier),
        "blockTime": time,
        "blockhash": block_hash,
        "parentSlot": parent,
        "previousBlockhash": ledger.blocks[parent][0] if earlier else ledger.genesis_hash,
    }


def _get_block_time(ledger: Ledger, slot: int) -> Json:
    return _block(ledger, slot)[1]


def _get_blocks(ledger: Ledger, start: int, end: int, config: Json = {}) -> Json:  # noqa: B006 (only read)
    return [slot for slot in sorted(ledger.blocks) if start <= slot <= min(end, ledger.slot)]


def _block(ledger: Ledger, slot: int) -> tuple[str, int]:
    if slot > ledger.slot:
        raise Refusal(-32004, f"Block not available for slot {slot}")
    if slot not in ledger.blocks:
        raise Refusal(-32007, f"Slot {slot} was skipped, or missing due to ledger jump to recent snapshot")
    return ledger.blocks[slot]


def _get_multiple_accounts(ledger: Ledger, keys: list[str], config: Json = {}) -> Json:  # noqa: B006
    if len(keys) > _ACCOUNTS_MAX:
        raise Refusal(-32602, f"Too many inputs provided; max {_ACCOUNTS_MAX}")
    addresses = [_pubkey(key) for key in keys]
    _check(ledger, config)
    return _in_context(ledger, [_encode(ledger.account(address), config) for address in addresses])


def _get_token_accounts_by_owner(ledger: Ledger, owner: str, wanted: Json, config: Json = {}) -> Json:  # noqa: B006
    holder = _pubkey(owner)
    _check(ledger, config)
    if "mint" in wanted:
        mint = ledger.account(of := _pubkey(wanted["mint"]))
        if mint is None:
            raise Refusal(-32602, "Invalid param: could not find mint")
        if str(mint.owner) not in (TOKEN, TOKEN_2022):
            raise Refusal(-32602, "Invalid param: not a Token mint")
        found = ledger.holdings().get((bytes(holder), bytes(of)), [])
    else:
        if wanted["programId"] not in (TOKEN, TOKEN_2022):
            raise Refusal(-32602, "Invalid param: unrecognized Token program id")
        program = _pubkey(wanted["programId"])
        mine = [pairs for (who, _), pairs in ledger.holdings().items() if who == bytes(holder)]
        found = [pair for pairs in mine for pair in pairs if pair[1].owner == program]
    return _in_context(ledger, [{"pubkey": key, "account": _encode(account, config)} for key, account in found])


def _get_signatures_for_address(ledger: Ledger, address: str, config: Json = {}) -> Json:  # noqa: B006
    _pubkey(address)
    _check(ledger, config)
    if not 1 <= (limit := config.get("limit", 1000)) <= _SIGNATURES_MAX:
        raise Refusal(-32602, f"Invalid limit; max {_SIGNATURES_MAX}")
    named = [one for one in reversed(ledger.transactions) if address in one.keys]
    if before := config.get("before"):
        named = named[[one.signature for one in named].index(before) + 1 :]
    common = {"err": None, "memo": None, "confirmationStatus": "finalized"}
    return [{"signature": one.signature, "slot": one.slot, **common} for one in named[:limit]]


def _get_transaction(ledger: Ledger, signature: str, config: Json = {}) -> Json:  # noqa: B006
    if config.get("encoding") != "json" or config.get("maxSupportedTransactionVersion") != 0:
        raise Refusal(-32015, "Transaction version (0) is not supported by the requesting client")
    one = next((one for one in ledger.transactions if one.signature == signature), None)
    if one is None:
        return None
    return {
        "slot": one.slot,
        "version": "legacy",
        "transaction": {"signatures": [signature], "message": {"accountKeys": list(one.keys)}},
        "meta": {
            "err": None,
            "fee": 5000,
            "preBalances": [account.lamports if account else 0 for account in one.before],
            "postBalances": [account.lamports if account else 0 for account in one.after],
            "preTokenBalances": _token_balances(one.before),
            "postTokenBalances": _token_balances(one.after),
            "loadedAddresses": {"writable": [], "readonly": []},
        },
    }


def _token_balances(accounts: Sequence[Account | None]) -> Json:
    return [
        {
            "accountIndex": index,
            "mint": str(Pubkey(data[:32])),
            "owner": str(Pubkey(data[32:64])),
            "programId": str(account.owner),
            "uiTokenAmount": {"amount": str(int.from_bytes(data[64:72], "little"))},
        }
        for index, account in enumerate(accounts)
        if account and str(account.owner) in (TOKEN, TOKEN_2022) and len(data := account.data) >= _TOKEN_BYTES
    ]


def _encode(account: Account | None, config: Json) -> Json:
    if account is None:
        return None
    if config.get("encoding") != "base64":
        raise Refusal(-32602, "this engine encodes base64 only")
    data = account.data
    if cut := config.get("dataSlice"):
        data = data[cut["offset"] : cut["offset"] + cut["length"]]
    return {
        "data": [base64.b64encode(data).decode(), "base64"],
        "executable": account.executable,
        "lamports": account.lamports,
        "owner": str(account.owner),
        "rentEpoch": account.rent_epoch,
        "space": len(account.data),
    }


_METHODS: dict[str, Callable[..., Json]] = {
    "getBlock": _get_block,
    "getBlockTime": _get_block_time,
    "getBlocks": _get_blocks,
    "getFirstAvailableBlock": lambda ledger: ledger.first_available,
    "getGenesisHash": lambda ledger: ledger.genesis_hash,
    "getHealth": lambda _: "ok",
    "getLatestBlockhash": _get_latest_blockhash,
    "getMultipleAccounts": _get_multiple_accounts,
    "getSignaturesForAddress": _get_signatures_for_address,
    "getSlot": _get_slot,
    "getTokenAccountsByOwner": _get_token_accounts_by_owner,
    "getTransaction": _get_transaction,
    "getVersion": lambda _: {"feature-set": 0, "solana-core": _VERSION},
}


def _pubkey(text: str) -> Pubkey:
    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise Refusal(-32602, "Invalid param: Invalid") from None
