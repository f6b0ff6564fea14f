"""OKX's proof since 2024-09: a user's place in the tree under a plonky2 proof, and the root and totals that proof
file states.

Inclusion JSON: ``account`` {id, equity[], debt[]}, ``index``, ``sum_tree_siblings``, ``recursive_tree_siblings``
[{left_hashes, right_hashes}]. Sum proof JSON: ``proof.public_inputs`` = equity, debt, root (4 words). A hash is four
words, in hexadecimal each 8 bytes little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from indexer.liabilities.poseidon_goldilocks import Hash4, P, hash_no_pad, two_to_one
from indexer.liabilities.scheme import BadDocument, Document, Rejections, json_object
from indexer.liabilities.values import BadValue, field, hex_bytes, items, table_of, whole
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "okx-plonky2"
TOKENS_MAX = 4096
BATCH_DEPTH_MAX = 32
LEVELS_MAX = 8
BRANCHES_MAX = 64
_LIMB_DIGITS = 14

_NOT_PROVEN = (
    "A user's leaf holds only the id and two sums in one unit of value: the balance of each coin is not committed to.",
    "No total per coin is public, so these liabilities can be compared with reserves only as one sum of"
    " value, at the exchange's prices.",
    "The plonky2 proof itself was not verified: that the sums are right and nobody's debt exceeds their"
    " equity rests on it.",
    "The exchange's own quick check trusts the circuit inside the proof file; only rebuilding the circuit"
    " would tell a forged one.",
)
_ONE_PLACE = "Only the given users' places were checked: nothing was learnt about other users."
_NO_SUMS = "Without the sum proof file the totals are unknown."


@dataclass(frozen=True, slots=True)
class Inclusion:
    identity: str
    equity: int
    debt: int
    index: int
    siblings: tuple[Hash4, ...]
    levels: tuple[
        tuple[tuple[Hash4, ...], tuple[Hash4, ...]], ...
    ]  # left and right of the own hash, batch root upwards


class Stated(NamedTuple):
    """What the sum proof file states."""

    equity: int
    debt: int
    root: str


def recognises(document: Document) -> bool:
    return _is_inclusion(document) or _is_sums(document)


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """Recompute each user's path; compare the roots with each other and with the sum proof's."""
    rejections = Rejections()
    stated: Stated | None = None
    users: list[Inclusion] = []
    roots: list[str] = []
    for document in documents:
        try:
            if _is_sums(document) and stated is None:
                stated = read_sums(json_object(document))
            elif _is_inclusion(document):
                user = read_inclusion(json_object(document))
                users.append(user)
                roots.append(root_hex(_checked_root(user, document.name, rejections)))
            else:
                raise BadDocument(f"{document.name}: a second sum proof, or no file of {NAME}")
        except BadValue as error:
            rejections.add(document.name, str(error))
    if not roots:
        rejections.add("files", "no user's proof that can be read: nothing to recompute")
    expected = stated.root if stated else roots[0] if roots else None
    if any(root != expected for root in roots):
        rejections.add("files", "the users' paths do not all lead to one root, that of the sum proof")
    not_proven = (*_NOT_PROVEN, _ONE_PLACE) if stated else (*_NOT_PROVEN, _ONE_PLACE, _NO_SUMS)
    return LiabilityVerdict(
        scheme=NAME,
        version=f"{len(users[0].levels)} levels" if users else "",
        root_found=roots[0] if roots else None,
        root_published=root_published,
        totals=_totals(stated.equity, stated.debt) if stated else (),
        leaves=None,
        valid=rejections.none,
        proven=(Proven.INCLUSION,) if rejections.none else (),
        not_proven=not_proven,
        rejected=tuple(rejections.listed),
        rejected_count=rejections.count,
        found=_totals(sum(user.equity for user in users), sum(user.debt for user in users)) if users else (),
    )


def leaf_hash(identity: str, *, equity: int, debt: int) -> Hash4:
    """``identity``: 64 hexadecimal digits, in limbs of 14, 14, 14, 14 and 8; the sums are field elements."""
    limbs = [int(identity[at : at + _LIMB_DIGITS], 16) for at in range(0, len(identity), _LIMB_DIGITS)]
    return hash_no_pad([*limbs, equity, debt])


def inclusion_root(user: Inclusion) -> Hash4:
    """Up the binary tree of the batch, then up the tree of many branches."""
    node = leaf_hash(user.identity, equity=user.equity, debt=user.debt)
    for height, sibling in enumerate(user.siblings):
        node = two_to_one(sibling, node) if user.index >> height & 1 else two_to_one(node, sibling)
    for left, right in user.levels:
        node = hash_no_pad([word for each in (*left, node, *right) for word in each])
    return node


def root_hex(root: Hash4) -> str:
    return b"".join(word.to_bytes(8, "little") for word in root).hex()


def read_inclusion(proof: dict[str, Any]) -> Inclusion:
    """Raises BadValue."""
    account = table_of(field(proof, "account"), "account")
    identity = hex_bytes(field(account, "id"), "id").hex()
    siblings = items(field(proof, "sum_tree_siblings"), "sum_tree_siblings", most=BATCH_DEPTH_MAX)
    levels = items(field(proof, "recursive_tree_siblings"), "recursive_tree_siblings", most=LEVELS_MAX)
    return Inclusion(
        identity,
        _sum_of(account, "equity"),
        _sum_of(account, "debt"),
        whole(field(proof, "index"), "index", below=1 << 64),
        tuple(_hash(sibling) for sibling in siblings),
        tuple((_side(level, "left_hashes"), _side(level, "right_hashes")) for level in levels),
    )


def read_sums(proof: dict[str, Any]) -> Stated:
    """Raises BadValue."""
    inner = table_of(field(proof, "proof"), "proof")
    words = items(field(inner, "public_inputs"), "public_inputs", most=6)
    if len(words) != 6:
        raise BadValue("public_inputs are not equity, debt and four words of a root")
    equity, debt, *root = (whole(word, "a public input", below=P) for word in words)
    if debt > equity:
        raise BadValue("total debt above total equity")
    return Stated(equity, debt, root_hex((root[0], root[1], root[2], root[3])))


def _is_inclusion(document: Document) -> bool:
    return b'"account"' in document.head and b'"equity"' in document.head


def _is_sums(document: Document) -> bool:
    named = document.name.rsplit("/", 1)[-1] == "sum_proof_data.json"
    return named or b'"root_vd_digest"' in document.head or b'"recursion_branchout_num"' in document.head


def _checked_root(user: Inclusion, where: str, rejections: Rejections) -> Hash4:
    """The root over the user's record, after checks the exchange's own tool leaves out."""
    if user.debt > user.equity:
        rejections.add(where, "debts above equity")
    place = user.index >> len(user.siblings)
    branches = {len(left) + len(right) + 1 for left, right in user.levels}
    if len(branches) > 1:
        rejections.add(where, "levels of the recursion tree with different numbers of branches")
    else:
        for left, right in user.levels:
            place, position = divmod(place, len(left) + len(right) + 1)
            if position != len(left):
                rejections.add(where, "the place in the recursion tree is not the one the index names")
                break
        if place:
            rejections.add(where, "the index lies beyond the tree")
    return inclusion_root(user)


def _sum_of(account: dict[str, Any], key: str) -> int:
    amounts = items(field(account, key), key, most=TOKENS_MAX)
    total = sum(whole(amount, f"an amount of {key}", below=P) for amount in amounts)
    if total >= P:
        raise BadValue(f"the sum of {key} wraps around the field")
    return total


def _side(level: Any, key: str) -> tuple[Hash4, ...]:
    hashes = items(field(table_of(level, "a level"), key), key, most=BRANCHES_MAX - 1)
    return tuple(_hash(value) for value in hashes)


def _hash(value: Any) -> Hash4:
    if isinstance(value, list):
        words = [whole(word, "a word of a hash", below=P) for word in items(value, "a hash", most=4)]
    else:
        raw = hex_bytes(value, "a hash")
        words = [
            whole(int.from_bytes(raw[at : at + 8], "little"), "a word of a hash", below=P) for at in range(0, 32, 8)
        ]
    if len(words) != 4:
        raise BadValue("a hash is not four words")
    return words[0], words[1], words[2], words[3]


def _totals(equity: int, debt: int) -> tuple[CommittedTotal, ...]:
    return CommittedTotal("all coins, equity", equity, None), CommittedTotal("all coins, debt", debt, None)
