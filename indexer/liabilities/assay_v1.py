"""Verifies what assay-merkle-sum-v1 publishes: the commitment, its leaves, and users' proofs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from indexer.liabilities import assay_sum, weaknesses
from indexer.liabilities.assay_sum import (
    AMOUNT_END,
    ASSETS_MAX,
    HASH_BYTES,
    LEAVES_MAX,
    PARTS_MAX,
    SALT_BYTES,
    TEXT_BYTES_MAX,
    Asset,
    Fold,
    Header,
    Node,
    Overflow,
    climb,
    leaf_hash,
    pack,
    root_hash,
)
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude, json_object
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = assay_sum.NAME
PROOFS_MAX = 1_000
LEAVES_HEAD = f"#{NAME} leaves".encode()
_INTEGER = re.compile(r"0|[1-9][0-9]{0,38}")
_NOT_PROVEN = (
    weaknesses.OTHERS_MISSING,
    "That your account number is yours alone: the exchange could give two customers with equal balances the same one.",
)
_HEADER_ALONE = "Only that this header belongs to this root: without the leaves or a user's proof nothing is inside it."
_ONE_PATH = (
    "What lies under the siblings of this path: their sums are bound to the root, but only other customers see in."
)


class _Claim(NamedTuple):
    header: Header
    root: str
    totals: tuple[int, ...]


def recognises(document: Document) -> bool:
    head = document.head.lstrip()
    return head.startswith(LEAVES_HEAD) or (head.startswith(b"{") and f'"{NAME}"'.encode() in head)


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """One commitment: its header, all of its leaves where given, and users' proofs where given."""
    rejections = Rejections()
    leaves = [document for document in documents if document.head.startswith(LEAVES_HEAD)]
    files = [(document, json_object(document)) for document in documents if document not in leaves]
    if not files or len(leaves) > 1 or len(files) > PROOFS_MAX:
        raise BadDocument(f"{NAME} reads a commitment or proofs (at most {PROOFS_MAX}), and at most one file of leaves")
    claims = []
    users: set[str] = set()
    found: list[int] = []
    for document, value in files:
        claim = _claim(document, value)
        claims.append(claim)
        if "user" in value:
            held = _check_proof(document, value, claim, users, rejections)
            found = [one + other for one, other in zip(found, held, strict=True)] if found else list(held)
        else:
            _check_header(document, value, claim, rejections)
    first = claims[0]
    if any(claim != first for claim in claims):
        rejections.add(files[0][0].name, "the files are of different commitments")
    if leaves:
        _check_leaves(leaves[0], first, rejections)
    proven = [Proven.INCLUSION, Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE] if users else []
    if leaves:
        proven = [*proven[:1], Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS]
    weak = () if leaves else (_ONE_PATH,) if users else (_HEADER_ALONE,)
    return conclude(
        scheme=NAME,
        version="1",
        root_found=first.root,
        root_published=root_published,
        totals=_totals(first.header, first.totals),
        leaves=first.header.leaves,
        proven=proven,
        not_proven=(*weak, *_NOT_PROVEN, *((weaknesses.AMOUNTS_PUBLIC,) if leaves else ())),
        rejections=rejections,
        found=_totals(first.header, found) if found else (),
    )


def _claim(document: Document, value: dict[str, Any]) -> _Claim:
    """What the file says of its commitment. Raises BadDocument."""
    try:
        if value["scheme"] != NAME:
            raise ValueError("another scheme")
        assets = tuple(Asset(_text(each["name"]), _count(each["decimals"], 255)) for each in value["assets"])
        if not 0 < len(assets) <= ASSETS_MAX or len({asset.name for asset in assets}) != len(assets):
            raise ValueError("no assets, too many, or one twice")
        header = Header(_text(value["snapshot"]), assets, _count(value["leaves"], LEAVES_MAX))
        if not header.leaves:
            raise ValueError("no leaves")
        return _Claim(header, _bytes(value["root"], HASH_BYTES).hex(), _amounts(value["totals"], len(assets)))
    except (KeyError, TypeError, ValueError) as error:
        raise BadDocument(f"{document.name}: no {NAME} file: {error!r}") from None


def _check_header(document: Document, value: dict[str, Any], claim: _Claim, rejections: Rejections) -> None:
    try:
        top = Node(_bytes(value["top"], HASH_BYTES), claim.totals)
    except (KeyError, TypeError, ValueError) as error:
        raise BadDocument(f"{document.name}: no top hash: {error!r}") from None
    if root_hash(claim.header, top).hex() != claim.root:
        rejections.add(document.name, "the root is not that of this header, totals and top hash")


def _check_proof(
    document: Document, value: dict[str, Any], claim: _Claim, users: set[str], rejections: Rejections
) -> tuple[int, ...]:
    """Every part of one user climbs to the root; returns what the parts sum to."""
    assets = len(claim.header.assets)
    held = (0,) * assets
    try:
        user, parts = _text(value["user"]), value["parts"]
        if not isinstance(parts, list) or not 0 < len(parts) <= PARTS_MAX:
            raise ValueError(f"needs 1 to {PARTS_MAX} parts")
        if user in users:
            raise ValueError("this user's proof is given twice")
        users.add(user)
        seen: set[int] = set()
        for number, part in enumerate(parts):
            amounts, index = _amounts(part["amounts"], assets), _count(part["index"], claim.header.leaves - 1)
            if _count(part["part"], PARTS_MAX) != number or index in seen:
                raise ValueError(f"part {number} is missing, or stands where another part stands")
            seen.add(index)
            held = tuple(one + other for one, other in zip(held, amounts, strict=True))
            salt = _bytes(part["salt"], SALT_BYTES)
            made = leaf_hash(user=user, part=number, parts=len(parts), salt=salt, packed=pack(amounts))
            path = [Node(_bytes(each["hash"], HASH_BYTES), _amounts(each["sums"], assets)) for each in part["path"]]
            top = climb(claim.header, Node(made, amounts), index, path)
            if root_hash(claim.header, top).hex() != claim.root:
                raise ValueError(f"part {number} does not lead to the root")
            if top.sums != claim.totals:
                raise ValueError(f"the sums above part {number} are not the totals")
        if _amounts(value["amounts"], assets) != held:
            raise ValueError("the parts do not sum to the amounts stated")
    except (KeyError, TypeError, ValueError) as error:
        rejections.add(document.name, str(error) if isinstance(error, ValueError) else f"malformed: {error!r}")
    return held


def _check_leaves(document: Document, claim: _Claim, rejections: Rejections) -> None:
    """``hash,amount,...`` a line, in the order of the tree, streamed."""
    assets = len(claim.header.assets)
    fold = Fold(assets)
    for number, line in enumerate(islice(document.lines(), 1, None), start=2):
        try:
            cells = line.decode("ascii").split(",")
            fold.add(Node(_bytes(cells[0], HASH_BYTES), _amounts(cells[1:], assets)))
        except ValueError as error:
            rejections.add(f"{document.name}:{number}", str(error))
            return
    if fold.count != claim.header.leaves:
        rejections.add(document.name, f"{fold.count} leaves, not {claim.header.leaves}")
        return
    try:
        top = fold.top()
    except Overflow as error:
        rejections.add(document.name, str(error))
        return
    if top.sums != claim.totals or root_hash(claim.header, top).hex() != claim.root:
        rejections.add(document.name, "the leaves do not lead to the root and its totals")


def _totals(header: Header, amounts: Sequence[int]) -> tuple[CommittedTotal, ...]:
    named = zip(header.assets, amounts, strict=True)
    return tuple(CommittedTotal(asset.name, amount, asset.decimals) for asset, amount in named)


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= TEXT_BYTES_MAX:
        raise ValueError("a text is missing or too long")
    return value


def _count(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"not a whole number up to {most}")
    return value


def _bytes(value: object, length: int) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]+", value) or len(value) != 2 * length:
        raise ValueError(f"not {2 * length} hexadecimal digits")
    return bytes.fromhex(value)


def _amounts(value: object, count: int) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"not {count} amounts")
    if not all(isinstance(each, str) and _INTEGER.fullmatch(each) for each in value):
        raise ValueError("an amount is not a whole number of base units, written without a sign")
    amounts = tuple(int(each) for each in value)
    if max(amounts) >= AMOUNT_END:
        raise ValueError("an amount is beyond 128 bits")
    return amounts
