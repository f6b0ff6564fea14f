"""BitMEX and River: the whole tree is published, breadth first from the root; one line is one node.

``block_height:N``, then ``hash,value``: node = sha256(left, u64le, right, u64le); leaf = HMAC-SHA256(sub_nonce, u64le
value, u64le index) with sub_nonce = sha256(account nonce, u64le height, u64le account). Values are satoshis.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "bitmex-merkle-sum"
ACCOUNTS_MAX = 1_000
U64_END = 2**64
_HEIGHT = re.compile(rb"(?:\xef\xbb\xbf)?block_height:(\d{1,19})")
_NODE = re.compile(rb"([0-9a-fA-F]{64}),\s*(-?\d{1,40})\s*")
_NONCE = re.compile(rb"(\d{1,19}),([0-9a-fA-F]{64})")
_RIVER_HEADER = b"account_number,account_uid,account_nonce,balance"
_AMOUNTS_HEADER = b"account,amount"
_NOT_PROVEN = (
    weaknesses.OTHERS_MISSING,
    weaknesses.NO_DOMAINS,
    "That the file reaches down to the leaves: cut at a whole level it still adds up, with fewer leaves.",
    weaknesses.AMOUNTS_PUBLIC,
)


@dataclass(slots=True)
class Account:
    """One customer's secret nonce, the amount they expect (None: not said), and what was found."""

    number: int
    nonce: bytes
    expected: int | None
    where: str
    found: int = 0
    leaves: list[int] = field(default_factory=list)


def recognises(document: Document) -> bool:
    head = document.head
    return bool(_HEIGHT.match(head) or _NONCE.match(head)) or head.startswith((_RIVER_HEADER, _AMOUNTS_HEADER))


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """Every node recomputed; with the customers' nonces, their leaves found and summed."""
    trees = [document for document in documents if _HEIGHT.match(document.head)]
    if len(trees) != 1:
        raise BadDocument(f"{NAME} needs one tree (a file that begins with block_height:), not {len(trees)}")
    tree, rejections = trees[0], Rejections()
    root, value, leaves = _recompute(tree, rejections)
    accounts = _accounts([document for document in documents if document is not tree])
    if accounts and leaves:
        _find(tree, leaves, accounts, rejections)
    whole = (Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS)
    seen = bool(accounts) and all(account.leaves or account.expected == 0 for account in accounts)
    return conclude(
        scheme=NAME,
        version="1",
        root_found=root,
        root_published=root_published,
        totals=() if value is None else (CommittedTotal("BTC", value, 8),),
        leaves=leaves,
        proven=(Proven.INCLUSION, *whole) if seen else whole,
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=(CommittedTotal("BTC", sum(account.found for account in accounts), 8),) if accounts else (),
    )


def sub_nonce(account_nonce: bytes, *, height: int, account: int) -> bytes:
    return hashlib.sha256(account_nonce + height.to_bytes(8, "little") + account.to_bytes(8, "little")).digest()


def leaf_hash(nonce: bytes, *, value: int, index: int) -> bytes:
    return hmac.digest(nonce, value.to_bytes(8, "little") + index.to_bytes(8, "little"), "sha256")


def _nodes(tree: Document) -> Iterator[bytes]:
    lines = tree.lines()
    next(lines, None)
    return (line for line in lines if line)


def _recompute(tree: Document, rejections: Rejections) -> tuple[str | None, int | None, int | None]:
    """The root's hash and value and the number of leaves; two readers, so that memory does not grow with the tree."""
    parents, children = _nodes(tree), _nodes(tree)
    first = next(children, None)
    if first is None or (top := _parse(first)) is None:
        rejections.add(f"{tree.name}:2", "the root is not hash,value")
        return None, None, None
    count = 1
    _check_value(top[1], f"{tree.name}:2", rejections)
    name = tree.name
    for parent, left in zip(parents, children, strict=False):
        right = next(children, None)
        if right is None:
            rejections.add(f"{name}:{count + 2}", "the tree ends inside a pair")
            return top[0].decode().lower(), top[1], None
        count += 2
        one, other = _parse(left), _parse(right)
        if one is None or other is None:
            rejections.add(f"{name}:{count}", "this node or the one after it is not hash,value")
            continue
        if not (0 <= one[1] < U64_END and 0 <= other[1] < U64_END):
            _check_value(one[1], f"{name}:{count}", rejections)
            _check_value(other[1], f"{name}:{count + 1}", rejections)
            continue
        computed = hashlib.sha256(
            bytes.fromhex(one[0].decode())
            + one[1].to_bytes(8, "little")
            + bytes.fromhex(other[0].decode())
            + other[1].to_bytes(8, "little")
        ).hexdigest()
        if parent != b"%s,%d" % (computed.encode(), one[1] + other[1]):
            _explain(parent, computed, one[1] + other[1], f"{name}:{count // 2 + 1}", rejections)
    if (count + 1) & count:
        rejections.add(tree.name, f"{count} nodes are no full binary tree: some are missing")
        return top[0].decode().lower(), top[1], None
    return top[0].decode().lower(), top[1], (count + 1) // 2


def _parse(line: bytes) -> tuple[bytes, int] | None:
    match = _NODE.fullmatch(line)
    return None if match is None else (match[1], int(match[2]))


def _check_value(value: int, where: str, rejections: Rejections) -> None:
    if not 0 <= value < U64_END:
        rejections.add(where, "a negative value" if value < 0 else "a value beyond 64 bits")


def _explain(parent: bytes, computed: str, value: int, where: str, rejections: Rejections) -> None:
    """Say what differs; a parent that is merely written otherwise (spaces, capitals) is no difference."""
    node = _parse(parent)
    if node is None:
        rejections.add(where, "not hash,value")
    elif node[1] != value:
        rejections.add(where, f"value {node[1]}, but its children sum to {value}")
    elif node[0].decode().lower() != computed:
        rejections.add(where, "its hash is not that of its children")


def _accounts(documents: Sequence[Document]) -> list[Account]:
    accounts: list[Account] = []
    amounts: dict[int, int] | None = None
    for document in documents:
        if document.head.startswith(_AMOUNTS_HEADER):
            amounts = (amounts or {}) | _amounts(document)
            continue
        river = document.head.startswith(_RIVER_HEADER)
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
    match = _NONCE.fullmatch(line.strip())
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


def _find(tree: Document, leaves: int, accounts: Sequence[Account], rejections: Rejections) -> None:
    match = _HEIGHT.match(tree.head)
    assert match is not None, "recognised by its first line"
    height = int(match[1])
    keys = [(sub_nonce(account.nonce, height=height, account=account.number), account) for account in accounts]
    for index, line in enumerate(islice(_nodes(tree), leaves - 1, None)):
        node = _parse(line)
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
