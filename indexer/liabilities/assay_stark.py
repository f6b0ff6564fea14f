"""The scheme assay-stark-v1 among the others: a manifest with its segments, and customers' files; docs/stark.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, Spread, conclude, json_object
from indexer.liabilities.stark.documents import Manifest, parse_inclusion, parse_manifest
from indexer.liabilities.stark.encoding import MAGIC, segment_number
from indexer.liabilities.stark.errors import ProofError
from indexer.liabilities.stark.hashing import SCHEME
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.security import security
from indexer.liabilities.stark.user import Inclusion, check_user
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = SCHEME
VERSION = "1"
INCLUSIONS_MAX = 1_000

Outcome = tuple[int, ...] | str
"""Of a segment that was looked at: its totals, or why it does not hold."""
Segment = tuple[int, Document]

_NOT_PROVEN = (
    weaknesses.OTHERS_MISSING,
    "That your account name is yours alone: the exchange could give two customers with equal balances the same one.",
    "That debts which were never entered are not there: every balance is at least 0 and counted, no more.",
)
_SEGMENT_SUMS_SHOWN = "That nothing leaks: the sums of each segment (up to {users:,} customers) are public."
_BESPOKE = "The protocol is Assay's own and has had no external cryptographic review."
_OTHER_SEGMENTS = "The other segments, and so the totals: assay verify-proof checks all {segments} of them."


def recognises(document: Document) -> bool:
    head = document.head.lstrip()
    return document.head.startswith(MAGIC) or (head.startswith(b"{") and f'"{NAME}"'.encode() in head)


def verify(documents: Sequence[Document], root_published: str | None, spread: Spread = map) -> LiabilityVerdict:
    """A whole proof; or, where customers' files are given, their places in it and the segments they stand in."""
    return verify_under(PRODUCT, documents, root_published, spread)


def verify_under(
    params: Parameters, documents: Sequence[Document], root_published: str | None, spread: Spread = map
) -> LiabilityVerdict:
    """`verify` with the parameters pinned by the caller. Raises BadDocument where there is not one manifest."""
    manifest, rejections = manifest_of(params, documents), Rejections()
    placed = _by_number(manifest, [each for each in documents if each.head.startswith(MAGIC)], rejections)
    if customers := [each for each in _files(documents) if "user" in each[1]]:
        return _customers(manifest, placed, customers, root_published, rejections)
    segments = sorted(placed.items(), key=lambda each: each[0])
    found = spread(partial(outcome, manifest), segments)
    outcomes = {number: each for (number, _), each in zip(segments, found, strict=True)}
    return _whole(manifest, outcomes, root_published, rejections)


def manifest_of(params: Parameters, documents: Sequence[Document]) -> Manifest:
    """The one manifest among them. Raises BadDocument: without the statement there is nothing to verify."""
    files = _files(documents)
    manifests = [each for each in files if "user" not in each[1]]
    if len(manifests) != 1 or len(files) > 1 + INCLUSIONS_MAX:
        raise BadDocument(f"{NAME} reads one manifest, its segments, and at most {INCLUSIONS_MAX} customers' files")
    ((document, value),) = manifests
    try:
        return parse_manifest(value, params)
    except ProofError as error:
        raise BadDocument(f"{document.name}: no manifest of {NAME}: {error}") from None


def outcome(manifest: Manifest, segment: Segment) -> Outcome:
    """What comes of looking at one segment."""
    number, document = segment
    try:
        return manifest.verify(number, document.read())
    except ProofError as error:
        return str(error)


def _files(documents: Sequence[Document]) -> list[tuple[Document, dict[str, Any]]]:
    return [(each, json_object(each)) for each in documents if not each.head.startswith(MAGIC)]


def _whole(
    manifest: Manifest, outcomes: Mapping[int, Outcome], root_published: str | None, rejections: Rejections
) -> LiabilityVerdict:
    """Of the whole proof, once every segment has been looked at: none missing, all holding, their sums the totals."""
    statement = manifest.statement
    sums = [0] * len(statement.assets)
    for number in range(statement.segments):
        found = outcomes.get(number, "missing")
        if isinstance(found, str):
            rejections.add(f"segment {number}", found)
        else:
            sums = [one + other for one, other in zip(sums, found, strict=True)]
    if rejections.none and tuple(sums) != statement.totals:
        rejections.add("manifest", "the segments do not add up to the totals")
    return conclude(
        scheme=NAME,
        version=VERSION,
        root_found=manifest.root,
        root_published=root_published,
        totals=_totals(manifest, statement.totals),
        leaves=statement.users,
        proven=(Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS),
        not_proven=_beside(manifest),
        rejections=rejections,
    )


def _customers(
    manifest: Manifest,
    placed: Mapping[int, Document],
    customers: Sequence[tuple[Document, dict[str, Any]]],
    root_published: str | None,
    rejections: Rejections,
) -> LiabilityVerdict:
    statement = manifest.statement
    found, outcomes = [0] * len(statement.assets), dict[int, Outcome]()
    users: set[str] = set()
    slots: set[tuple[int, int]] = set()
    for document, value in customers:
        try:
            inclusion = parse_inclusion(value, manifest)
            _check_customer(manifest, placed, inclusion, outcomes)
            if inclusion.user in users or (inclusion.segment, inclusion.slot) in slots:
                raise ProofError("a second file of one customer, or of one place")
            users.add(inclusion.user)
            slots.add((inclusion.segment, inclusion.slot))
            found = [one + other for one, other in zip(found, inclusion.balances, strict=True)]
        except ProofError as error:
            rejections.add(document.name, str(error))
    more = (_OTHER_SEGMENTS.format(segments=statement.segments),) if len(outcomes) < statement.segments else ()
    return conclude(
        scheme=NAME,
        version=VERSION,
        root_found=manifest.root,
        root_published=root_published,
        totals=_totals(manifest, statement.totals),
        leaves=statement.users,
        proven=(Proven.INCLUSION, Proven.NON_NEGATIVITY, Proven.RANGE),
        not_proven=(*more, *_beside(manifest)),
        rejections=rejections,
        found=_totals(manifest, found),
    )


def _check_customer(
    manifest: Manifest,
    placed: Mapping[int, Document],
    inclusion: Inclusion,
    outcomes: dict[int, Outcome],
) -> None:
    """Own place, under own segment, whose proof holds. Raises ProofError."""
    if inclusion.segment not in placed:
        raise ProofError(f"segment {inclusion.segment} is not among the files")
    document = placed[inclusion.segment]
    check_user(manifest.statement, document.read(), inclusion)
    if inclusion.segment not in outcomes:
        outcomes[inclusion.segment] = outcome(manifest, (inclusion.segment, document))
    found = outcomes[inclusion.segment]
    if isinstance(found, str):
        raise ProofError(f"the proof of segment {inclusion.segment} does not hold: {found}")


def _by_number(manifest: Manifest, segments: Sequence[Document], rejections: Rejections) -> dict[int, Document]:
    """Segments by the number in their heads, which their proofs then confirm."""
    placed: dict[int, Document] = {}
    for document in segments:
        number = segment_number(document.head)
        if not 0 <= number < manifest.statement.segments:
            rejections.add(document.name, f"there is no segment {number} in the statement")
        elif number in placed:
            rejections.add(document.name, f"segment {number} a second time")
        else:
            placed[number] = document
    return placed


def _beside(manifest: Manifest) -> tuple[str, ...]:
    statement = manifest.statement
    bits = security(statement.layout, statement.segments)
    attacker = (
        f"Against who can compute 2^{bits.proof} hashes (2^{bits.segment} for one segment); up to there it is proven, "
        "without any conjecture, if BLAKE3 is a random function."
    )
    return *_NOT_PROVEN, _SEGMENT_SUMS_SHOWN.format(users=statement.params.active_rows), attacker, _BESPOKE


def _totals(manifest: Manifest, amounts: Sequence[int]) -> tuple[CommittedTotal, ...]:
    named = zip(manifest.statement.assets, amounts, strict=True)
    return tuple(CommittedTotal(asset.name, amount, asset.decimals) for asset, amount in named)
