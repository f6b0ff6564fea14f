"""Kinds of proof as configuration: every published name has one, and contradictions stop the program."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import msgspec
import pytest

from chains.ownership.book import BadKind, Book, KindSpec
from chains.ownership.registry import UnknownScheme
from chains.ownership.types import OwnershipClaim, Verdict
from indexer.settings import SettingsError, load
from tests.shared import shared

EVM = {"forms": ["eip191-keccak"], "account": "evm"}


def kind(name: str, *names: str, scheme: str | None = "ecdsa", **more: object) -> KindSpec:
    return msgspec.convert({"kind": name, "names": names, "scheme": scheme, "options": EVM, **more}, KindSpec)


def test_every_published_name_has_a_scheme_or_a_reason() -> None:
    book = load({}).ownership
    with shared("okx", "coins.csv").open() as file:
        names = [row["coin_or_network_key"] for row in csv.DictReader(file)]
    assert len(names) == 276
    assert [name for name in names if book.kind_of(name) is None] == []


def test_every_configured_name_can_be_proven_or_says_why_not() -> None:
    for spec in load({}).ownership.kinds:
        assert (spec.scheme is None) != (spec.unsupported is None)


@pytest.mark.parametrize(
    ("kinds", "error"),
    [
        ([kind("a", "ETH"), kind("b", "eth")], BadKind),
        ([kind("a", "ETH", scheme=None)], BadKind),
        ([kind("a", "ETH", unsupported="why")], BadKind),
        ([kind("a", "ETH", scheme="rsa")], UnknownScheme),
        ([kind("a", "ETH", options={})], msgspec.ValidationError),
        ([kind("a", "ETH", options={**EVM, "more": 1})], msgspec.ValidationError),
        ([kind("a", "ETH", options={**EVM, "account": "bitcoin"})], msgspec.ValidationError),
        ([kind("a", "ETH", options={**EVM, "forms": []})], msgspec.ValidationError),
    ],
)
def test_contradictions_are_refused(kinds: list[KindSpec], error: type[Exception]) -> None:
    with pytest.raises(error):
        Book(kinds)


def test_a_book_crosses_processes_as_its_specs() -> None:
    book = Book([kind("a", "ETH"), kind("b", "XYZ", scheme=None, unsupported="nobody knows")])
    copy = pickle.loads(pickle.dumps(book))
    assert copy.kinds == book.kinds
    claim = OwnershipClaim("0x00", "m", "0x00")
    assert copy.verify("xyz", "", claim) == book.verify("xyz", "", claim)
    assert copy.verify("xyz", "", claim).verdict is Verdict.UNSUPPORTED


def test_the_file_and_the_kind_are_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    for text, said in (
        ('[[ownership]]\nkind = "x"\nnames = ["X"]\nscheme = "rsa"', "scheme 'rsa' is not supported"),
        ('[[ownership]]\nkind = "x"\nnames = ["BTC"]\nunsupported = "y"', "BTC is of kind"),
        (
            '[[ownership]]\nkind = "x"\nnames = ["X"]\nscheme = "ecdsa"\noptions = { more = 1 }',
            "options.more: unknown key",
        ),
        ('[[ownership]]\nkind = "x"\nnames = []\nunsupported = "y"', "ownership[0]"),
    ):
        wrong.write_text(text)
        with pytest.raises(SettingsError, match=r"wrong\.toml") as error:
            load({}, [wrong])
        assert said in str(error.value)


def test_a_layer_replaces_a_kind(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[[ownership]]\nkind = "decred"\nnames = ["DCR"]\nunsupported = "not today"')
    found = load({}, [mine]).ownership.kind_of("DCR")
    assert found is not None
    assert found.unsupported == "not today"
