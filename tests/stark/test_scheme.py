"""Publications as a whole: manifests, segments in their places, customers' files; the product's pinned parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from indexer.liabilities import assay_stark
from indexer.liabilities.assay_sum import Asset
from indexer.liabilities.registry import scheme_of
from indexer.liabilities.scheme import BadDocument
from indexer.liabilities.stark.encoding import MAGIC, header_bytes
from indexer.liabilities.stark.params import PRODUCT
from indexer.liabilities.stark.statement import Statement, root, segment_digest
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from indexer.work.stark.inclusion import inclusion_of
from indexer.work.stark.prove import prove
from tests.stark import kit
from tests.stark.lists import SECRET, write_list
from tests.unit.liability_kit import MemoryDocument, json_document


@dataclass(frozen=True)
class Publication:
    manifest: dict[str, Any]
    segments: list[bytes]
    customers: list[dict[str, Any]]

    @property
    def root(self) -> str:
        return str(self.manifest["root"])

    def verdict(
        self,
        *,
        manifest: dict[str, Any] | None = None,
        segments: list[bytes] | None = None,
        customers: tuple[dict[str, Any], ...] = (),
        root: str | None = None,
    ) -> LiabilityVerdict:
        documents = [json_document("manifest.json", self.manifest if manifest is None else manifest)]
        documents += [
            MemoryDocument(f"{number}.bin", data)
            for number, data in enumerate(self.segments if segments is None else segments)
        ]
        documents += [json_document(f"customer-{number}.json", each) for number, each in enumerate(customers)]
        return assay_stark.verify_under(kit.TINY, documents, root)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    here = tmp_path_factory.mktemp("scheme")
    rows = write_list(here / "users.csv", users=2 * kit.TINY.active_rows + 50, decimals=2)
    text = (here / "users.csv").read_text(encoding="utf-8").splitlines()
    small = [
        line if line.startswith("user,") else f"{line.split(',')[0]},{number % 997}.5,{number}"
        for number, line in enumerate(text)
    ]
    (here / "users.csv").write_text("\n".join(small), encoding="utf-8")
    manifest = prove(
        here / "users.csv", secret=SECRET, out=here / "out", snapshot="2026-11", processes=1, params=kit.TINY
    )
    segments = [path.read_bytes() for path in sorted((here / "out" / "public").glob("*.bin"))]
    customers = [
        inclusion_of(here / "out", secret=SECRET, user=rows[at][0], params=kit.TINY) for at in (0, 1, 8, 200, 250)
    ]
    return Publication(json.loads(json.dumps(manifest)), segments, customers)


def _rejected(verdict: LiabilityVerdict, reason: str) -> None:
    assert not verdict.valid
    assert not verdict.proven
    assert any(reason in each.reason for each in verdict.rejected), verdict.rejected


def test_a_whole_publication(published: Publication) -> None:
    verdict = published.verdict(root="0x" + published.root.upper())
    assert verdict.valid, verdict.rejected
    assert verdict.anchored is Anchor.EQUAL
    assert [str(total.amount) for total in verdict.totals] == published.manifest["totals"]
    assert any("external cryptographic review" in each for each in verdict.not_proven)
    assert published.verdict(segments=published.segments[::-1]).valid  # numbered inside, whatever the files are called
    assert published.verdict(root="00" * 32).anchored is Anchor.DIFFERENT


def test_segments_must_be_there_once_and_in_their_places(published: Publication) -> None:
    one, two, three = published.segments
    _rejected(published.verdict(segments=[one, three]), "missing")
    _rejected(published.verdict(segments=[]), "missing")
    _rejected(published.verdict(segments=[one, two, two, three]), "segment 1 a second time")
    _rejected(published.verdict(segments=[one, two, two]), "missing")
    _rejected(published.verdict(segments=[one, two, three[:-1]]), "not the bytes that the manifest names")
    _rejected(published.verdict(segments=[one, _numbered(two, 9), three]), "there is no segment 9")
    _rejected(published.verdict(segments=[one, two, MAGIC]), "there is no segment -1")
    _rejected(published.verdict(segments=[_numbered(two, 0), two, three]), "not the bytes that the manifest names")


def _numbered(segment: bytes, number: int) -> bytes:
    at = header_bytes() - 8
    return segment[:at] + number.to_bytes(4, "little") + segment[at + 4 :]


def test_a_manifest_that_names_other_segments_has_another_root(published: Publication) -> None:
    """A manifest made anew over swapped or repeated segments is consistent, and its segments are not what it says."""
    digests = published.manifest["segments"]
    for order in ([1, 0, 2], [0, 0, 2], [0, 2, 1]):
        said = published.manifest | {"segments": [digests[at] for at in order]}
        with pytest.raises(BadDocument, match="the root is not that of"):
            published.verdict(manifest=said)
        said["root"] = _root_of(said)
        verdict = published.verdict(manifest=said, root=published.root)
        assert verdict.anchored is Anchor.DIFFERENT
        _rejected(verdict, "not the bytes that the manifest names")


def _root_of(said: dict[str, Any]) -> str:
    stated = Statement(
        kit.TINY,
        said["snapshot"],
        tuple(Asset(each["name"], each["decimals"]) for each in said["assets"]),
        said["users"],
        tuple(int(each) for each in said["totals"]),
    )
    return root(stated, [bytes.fromhex(each) for each in said["segments"]]).hex()


def test_a_statement_that_is_changed_fits_no_segment(published: Publication) -> None:
    totals = published.manifest["totals"]
    for change in (
        {"snapshot": "2026-12"},
        {"users": published.manifest["users"] - 1},
        {"totals": [str(int(totals[0]) - 1), totals[1]]},
        {"assets": [{"name": "BTC", "decimals": 3}, {"name": "USDT", "decimals": 2}]},
    ):
        said = published.manifest | change
        said["root"] = _root_of(said)
        _rejected(published.verdict(manifest=said), "a segment of another statement")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scheme": "assay-merkle-sum-v1"}, "another scheme"),
        ({"parameters": PRODUCT.name}, "other parameters"),
        ({"parameters": None}, "other parameters"),
        ({"snapshot": ""}, "snapshot is missing"),
        ({"snapshot": "\ud800"}, "no text"),
        ({"snapshot": "x" * 1001}, "too long"),
        ({"assets": []}, "no list of at most 0"),
        ({"assets": [{"name": "A", "decimals": 2}] * 2}, "an asset twice"),
        ({"assets": ["A", "B"]}, "no object"),
        ({"assets": [{"name": "A", "decimals": 256}, {"name": "B", "decimals": 2}]}, "decimals"),
        ({"users": 0}, "no users"),
        ({"users": True}, "users is not a whole number"),
        ({"users": 2**70}, "users is not a whole number"),
        ({"totals": ["1"]}, "totals are not 2"),
        ({"totals": ["1", "-1"]}, "without a sign"),
        ({"totals": [1, 2]}, "without a sign"),
        ({"totals": ["1", "01"]}, "without a sign"),
        ({"totals": ["1", str(2**120)]}, "a total out of range"),
        ({"segments": ["00" * 32]}, "1 segments, not 3"),
        ({"segments": ["0G" * 32] * 3}, "lower-case hexadecimal"),
        ({"segments": "00"}, "segments is no list"),
        ({"root": "00" * 32}, "the root is not that of"),
        ({"root": None}, "the root is not that of"),
    ],
)
def test_a_malformed_manifest_is_no_manifest(change: dict[str, Any], reason: str, published: Publication) -> None:
    with pytest.raises(BadDocument, match=reason):
        published.verdict(manifest=published.manifest | change)


def test_customers_find_their_places(published: Publication) -> None:
    verdict = published.verdict(customers=tuple(published.customers), root=published.root)
    assert verdict.valid, verdict.rejected
    assert Proven.INCLUSION in verdict.proven
    owed = [sum(int(each["balances"][k]) for each in published.customers) for k in (0, 1)]
    assert [total.amount for total in verdict.found] == owed
    alone = published.customers[0]
    own = published.segments[alone["segment"]]
    verdict = published.verdict(customers=(alone,), segments=[own])  # nobody needs all segments for their own place
    assert verdict.valid, verdict.rejected
    assert any("The other segments" in each for each in verdict.not_proven)
    assert Proven.SUMS not in verdict.proven


def test_a_customer_needs_a_segment_that_verifies(published: Publication) -> None:
    alone = published.customers[0]
    others = [data for number, data in enumerate(published.segments) if number != alone["segment"]]
    _rejected(published.verdict(customers=(alone,), segments=others), "is not among the files")
    spoiled = bytearray(published.segments[alone["segment"]])
    spoiled[-1] ^= 1  # far from anything the customer's own check reads
    said = dict(published.manifest)
    _rejected(published.verdict(customers=(alone,), segments=[*others, bytes(spoiled)]), "does not hold")
    said["segments"] = list(said["segments"])
    said["segments"][alone["segment"]] = segment_digest(bytes(spoiled)).hex()
    said["root"] = _root_of(said)
    moved = alone | {"root": said["root"]}
    verdict = published.verdict(manifest=said, customers=(moved,), segments=[*others, bytes(spoiled)])
    _rejected(verdict, "the proof of segment")


def test_two_customers_in_one_place_are_seen(published: Publication) -> None:
    alone = published.customers[0]
    _rejected(published.verdict(customers=(alone, alone)), "a second file of one customer")
    _rejected(published.verdict(customers=(alone, alone | {"user": "somebody"})), "not under the segment's users")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"root": "00" * 32}, "a file of another proof"),
        ({"scheme": "other"}, "another scheme"),
        ({"user": 5}, "user is missing"),
        ({"segment": 3}, "segment is not a whole number"),
        ({"slot": -1}, "slot is not a whole number"),
        ({"slot": 1.0}, "slot is not a whole number"),
        ({"salt": "00"}, "the salt is not 32 bytes"),
        ({"blind": [1, 2, 3, 4]}, "no blind"),
        ({"blind": [1, 2, 3, 4, 2**31]}, "no blind"),
        ({"blind": [1, 2, 3, 4, True]}, "no blind"),
        ({"balances": ["1"]}, "balances are not 2"),
        ({"siblings": ["00" * 32] * 9}, "no list of at most 8"),
        ({"siblings": ["00" * 32] * 7}, "not 8 siblings"),
    ],
)
def test_a_malformed_customers_file(change: dict[str, Any], reason: str, published: Publication) -> None:
    changed = json.loads(json.dumps(published.customers[0] | change))
    _rejected(published.verdict(customers=(changed,)), reason)


def test_one_manifest_is_needed(published: Publication) -> None:
    with pytest.raises(BadDocument, match="reads one manifest"):
        assay_stark.verify_under(kit.TINY, [MemoryDocument("0.bin", published.segments[0])], None)
    two = [json_document(f"{number}.json", published.manifest) for number in range(2)]
    with pytest.raises(BadDocument, match="reads one manifest"):
        assay_stark.verify_under(kit.TINY, two, None)


def test_the_product_accepts_its_own_parameters_only(published: Publication, tmp_path: Path) -> None:
    documents = [json_document("manifest.json", published.manifest)]
    documents += [MemoryDocument(f"{number}.bin", data) for number, data in enumerate(published.segments)]
    assert scheme_of(documents) is assay_stark
    with pytest.raises(BadDocument, match="other parameters than assay-stark-v1/2026-11"):
        assay_stark.verify(documents, None)
    said = published.manifest | {"parameters": PRODUCT.name}
    with pytest.raises(BadDocument):
        assay_stark.verify([json_document("manifest.json", said), *documents[1:]], None)
    assert replace(kit.TINY, name=PRODUCT.name) != PRODUCT
