"""A customer's side of a BitMEX-type tree: the secret nonces, the amounts expected, and the leaves they open."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from indexer.liabilities.bitmex_tree import U64_END, block_height, nodes_of, parse
from indexer.liabilities.scheme import BadDocument, Document, Rejections

ACCOUNTS_MAX = 1_000
RIVER_HEADER = b"account_number,account_uid,account_nonce,balance"
AMOUNTS_HEADER = b"account,amount"
NONCE = re.compile(rb"(\d{1,19}),([0-9a-fA-F]{64})")


@dataclass(slots=True)
class Account:
    """One customer's secret nonce, the amount they expect (None: not said), and what was found."""

    number: int
    nonce: bytes
    expected: int | None
    where: str
    found: int = 0
    leaves: list[int] = field(default_factory=list)


def sub_nonce(account_nonce: bytes, *, height: int, account: int) -> bytes:
    return hashlib.sha256(account_nonce + height.to_bytes(8, "little") + account.to_bytes(8, "little")).digest()


def leaf_hash(nonce: bytes, *, value: int, index: int) -> bytes:
    return hmac.digest(nonce, value.to_bytes(8, "little") + index.to_bytes(8, "little"), "sha256")


def read_accounts(documents: Sequence[Document]) -> list[Account]:
    accounts: list[Account] = []
    amounts: dict[int, int] | None = None
    for document in documents:
        if document.head.startswith(AMOUNTS_HEADER):
            amounts = (amounts or {}) | _amounts(document)
            continue
        river = document.head.startswith(RIVER_HEADER)
        for number, line in enumerate(document.lines(), start=1):
            if line and not (river and number == 1):
                accounts.append(_account(line, f"{document.name}:{number}", river=river))
                if len(accounts) > ACCOUNTS_MAX:
                    raise BadDocument(f"{document.name}: more than {ACCOUNTS_MAX} accounts")
    if amounts is not None:
        listed = amounts
        for account in accounts:
            account.expected = listed[account.number] if account.number in listed else 0  # noqa: SIM401 - not listed: nothing is owed
    return accounts


def _account(line: bytes, where: str, *, river: bool) -> Account:
    fields = line.split(b",")
    if river and len(fields) == 4:
        line, balance = fields[0] + b"," + fields[2], fields[3].strip()
    else:
        balance = b""
    match = NONCE.fullmatch(line.strip())
    if match is None or (balance and not balance.isdigit()) or (river and not balance):
        raise BadDocument(f"{where}: not an account and its nonce of 64 hexadecimal digits")
    return Account(int(match[1]), bytes.fromhex(match[2].decode()), int(balance) if balance else None, where)


def _amounts(document: Document) -> dict[int, int]:
    amounts: dict[int, int] = {}
    for number, line in enumerate(islice(document.lines(), 1, None), start=2):
        fields = line.split(b",")
        if len(fields) != 2 or not all(field.strip().isdigit() for field in fields):
            raise BadDocument(f"{document.name}:{number}: not account,amount")
        if int(fields[0]) in amounts:
            raise BadDocument(f"{document.name}:{number}: an account twice")
        amounts[int(fields[0])] = int(fields[1])
    return amounts


def find_leaves(tree: Document, leaves: int, accounts: Sequence[Account], rejections: Rejections) -> None:
    """Every leaf that an account's nonce opens; what an account misses is rejected."""
    height = block_height(tree)
    keys = [(sub_nonce(account.nonce, height=height, account=account.number), account) for account in accounts]
    for index, line in enumerate(islice(nodes_of(tree), leaves - 1, None)):
        node = parse(line)
        if node is None or not 0 <= node[1] < U64_END:
            continue  # rejected above
        digest = bytes.fromhex(node[0].decode())
        for key, account in keys:
            if leaf_hash(key, value=node[1], index=index) == digest:
                account.found += node[1]
                account.leaves.append(index)
    for account in accounts:
        if account.expected is None and not account.leaves:
            rejections.add(account.where, f"no leaf of account {account.number} (a balance of zero has none)")
        elif account.expected is not None and account.expected != account.found:
            rejections.add(
                account.where, f"account {account.number} expects {account.expected}, its leaves hold {account.found}"
            )
