"""Documents on disk, the choice of scheme, and the verdict's own rules."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from indexer.intake.liability_files import files_digest, open_documents, open_publication
from indexer.liabilities.registry import SCHEMES, scheme_named, scheme_of
from indexer.liabilities.scheme import DOCUMENT_BYTES_MAX, LINE_BYTES_MAX, REJECTED_MAX, BadDocument, Rejections
from indexer.liabilities.scheme import json_object as read_json
from indexer.model.verdict import Anchor, LiabilityVerdict, same_root
from indexer.report.verdict import as_object, inclusion_text, verdict_text
from scripts.benches.liability_trees import bitmex_lines
from tests.unit.liability_kit import json_document, text_document

TREE = "\n".join(bitmex_lines([(at, bytes(32), at) for at in range(4)], height=9))


def test_plain_and_gzip_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv", tmp_path / "b.csv"
    plain.write_text(TREE)
    packed.write_bytes(gzip.compress(TREE.encode()))
    one, other = open_documents([plain, packed])
    assert list(one.lines()) == list(other.lines()) == TREE.encode().split(b"\n")
    assert (one.head, one.read()) == (other.head, other.read())
    assert all(scheme_of([document]).verify([document], None).valid for document in (one, other))


def test_two_readers_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n2\n3\n")
    (document,) = open_documents([tmp_path / "a.csv"])
    one, other = document.lines(), document.lines()
    assert [next(one), next(one), next(other), next(one)] == [b"1", b"2", b"1", b"3"]


def test_damaged_gzip_long_lines_and_huge_files_are_refused(tmp_path: Path) -> None:
    damaged, long, huge = tmp_path / "damaged", tmp_path / "long", tmp_path / "huge"
    damaged.write_bytes(gzip.compress(TREE.encode() * 100)[:-20])
    long.write_bytes(b"x" * (LINE_BYTES_MAX + 1))
    with huge.open("wb") as file:
        file.truncate(DOCUMENT_BYTES_MAX + 1)
    with pytest.raises(BadDocument, match="gzip"):
        list(open_documents([damaged])[0].lines())
    with pytest.raises(BadDocument, match="a line of more"):
        list(open_documents([long])[0].lines())
    with pytest.raises(BadDocument, match="larger than"):
        open_documents([huge])[0].read()


def test_directories_and_repeats(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    with pytest.raises(BadDocument, match="no files"):
        open_documents([tmp_path])
    (tmp_path / "deep" / "b").write_text("b")
    (tmp_path / "a").write_text("a")
    assert [document.read() for document in open_documents([tmp_path])] == [b"a", b"b"]
    with pytest.raises(BadDocument, match="twice"):
        open_documents([tmp_path, tmp_path / "a"])


def test_json_that_cannot_be_trusted_is_refused() -> None:
    for bad in ('{"a": 1, "a": 2}', '{"a": NaN}', "[1]", "{", "[" * 100_000, '"\xff"'):
        with pytest.raises(BadDocument):
            read_json(text_document("bad.json", bad))
    assert read_json(text_document("good.json", '{"a": 1.10}')) == {"a": "1.10"}


def test_files_of_no_scheme_or_of_two_are_refused() -> None:
    with pytest.raises(BadDocument, match="no scheme"):
        scheme_of([text_document("list.csv", "coin,address\nBTC,1abc\n")])
    with pytest.raises(BadDocument, match="no scheme"):
        scheme_of([text_document("tree.csv", TREE), json_document("x.json", {"nodes": []})])
    with pytest.raises(BadDocument, match="known"):
        scheme_named("merkle")
    assert all(name == scheme_named(name).NAME for name in SCHEMES)


def test_rejections_are_all_counted_and_the_first_listed() -> None:
    rejections = Rejections()
    for at in range(REJECTED_MAX + 5):
        rejections.add(f"file:{at}", "bad")
    assert (rejections.count, len(rejections.listed), rejections.none) == (REJECTED_MAX + 5, REJECTED_MAX, False)


def test_roots_are_compared_as_hashes() -> None:
    assert same_root(" 0xAB12\n", "ab12")
    assert not same_root("ab12", "ab1")


def _verdict(root: str | None = None) -> LiabilityVerdict:
    document = text_document("tree.csv", TREE)
    return scheme_of([document]).verify([document], root)


def test_a_verdict_says_its_weaknesses_wherever_it_is_shown() -> None:
    verdict = _verdict()
    assert verdict.not_proven
    for text in (verdict_text(verdict), inclusion_text(verdict)):
        assert all(sentence in text for sentence in verdict.not_proven)
    shown = as_object(verdict)
    assert shown["not_proven"] == list(verdict.not_proven)
    assert shown["totals"] == [{"asset": "BTC", "amount": "6", "scale": 8}]
    assert shown["anchored"] == "unanchored"


def test_published_text_cannot_write_on_the_terminal() -> None:
    assert "\x1b" not in verdict_text(_verdict("\x1b[2J"))


def test_what_the_customer_is_told() -> None:
    nonce = bytes(32).hex()
    documents = [text_document("tree.csv", TREE), text_document("me.csv", f"3,{nonce}\n")]
    bitmex = scheme_of(documents)
    root = TREE.split("\n")[1].split(",")[0]
    said = {
        anchor: inclusion_text(bitmex.verify(documents, published))
        for anchor, published in ((Anchor.EQUAL, root), (Anchor.DIFFERENT, "00" * 32), (Anchor.UNANCHORED, None))
    }
    assert said[Anchor.EQUAL].startswith("YES.")
    assert "BTC 0.00000003" in said[Anchor.EQUAL]
    assert said[Anchor.DIFFERENT].startswith("NO.")
    assert said[Anchor.UNANCHORED].startswith("PARTLY.")
    assert inclusion_text(_verdict(root)).startswith("NOT SHOWN.")
    stranger = [documents[0], text_document("me.csv", f"8,{nonce}\n")]
    assert inclusion_text(bitmex.verify(stranger, root)).startswith("NO.")


def test_a_digest_and_names_that_do_not_depend_on_where_the_files_lie(tmp_path: Path) -> None:
    made = []
    for place in ("one", "deeper/other"):
        root = tmp_path / place / "publication"
        (root / "trunk").mkdir(parents=True)
        (root / "trunk" / "sums.json").write_text("{}")
        (root / "tree.txt").write_text("x")
        made.append(root)
    one, other = made
    assert files_digest([one]) == files_digest([other / "tree.txt", other / "trunk"])
    assert [each.name for each in open_publication([one])] == ["publication/tree.txt", "publication/trunk/sums.json"]
    assert [each.name for each in open_publication([one / "trunk"])] == ["trunk/sums.json"]
    digest = files_digest([one])
    (one / "tree.txt").rename(one / "tree.csv")
    assert files_digest([one]) != digest
    (one / "tree.csv").write_text("y")
    assert files_digest([one]) not in (digest, files_digest([other]))
    with pytest.raises(BadDocument, match="no files are given"):
        files_digest([])
