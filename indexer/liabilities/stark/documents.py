"""The two JSON files of a proof: the manifest, published for everyone, and a customer's own file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indexer.liabilities.assay_sum import TEXT_BYTES_MAX, Asset
from indexer.liabilities.stark.errors import Malformed, require, well_formed
from indexer.liabilities.stark.extension import DEGREE, element
from indexer.liabilities.stark.field import P
from indexer.liabilities.stark.hashing import DIGEST_BYTES, SCHEME
from indexer.liabilities.stark.params import Parameters
from indexer.liabilities.stark.statement import USERS_MAX, Statement, root, segment_digest
from indexer.liabilities.stark.user import Inclusion
from indexer.liabilities.stark.verifier import verify_segment

SEGMENTS_MAX = 1 << 20
_DIGITS = re.compile(r"0|[1-9][0-9]{0,38}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The statement and the digest of every segment, in order; ``root`` is of them all."""

    statement: Statement
    digests: tuple[bytes, ...]

    @property
    def root(self) -> str:
        return root(self.statement, list(self.digests)).hex()

    def expect(self, segment: int, data: bytes) -> None:
        """Raises Refuted unless these are the bytes that the manifest names."""
        require(segment_digest(data) == self.digests[segment], "these are not the bytes that the manifest names")

    def verify(self, segment: int, data: bytes) -> tuple[int, ...]:
        """The totals of the segment. Raises Malformed or Refuted."""
        self.expect(segment, data)
        return verify_segment(self.statement, segment, data)


def manifest_object(manifest: Manifest) -> dict[str, Any]:
    """Fit for JSON; amounts are text."""
    statement = manifest.statement
    return {
        "scheme": SCHEME,
        "parameters": statement.params.name,
        "snapshot": statement.snapshot,
        "assets": [{"name": asset.name, "decimals": asset.decimals} for asset in statement.assets],
        "users": statement.users,
        "totals": [str(total) for total in statement.totals],
        "segments": [digest.hex() for digest in manifest.digests],
        "root": manifest.root,
    }


def parse_manifest(value: dict[str, Any], params: Parameters) -> Manifest:
    """Raises Malformed, also for any other parameters than ``params``; Refuted where the root is another."""
    well_formed(value.get("scheme") == SCHEME, "another scheme")
    well_formed(value.get("parameters") == params.name, f"other parameters than {params.name}")
    assets = [_asset(each) for each in _list(value, "assets", most=params.assets_max)]
    statement = Statement(
        params=params,
        snapshot=_text(value, "snapshot"),
        assets=tuple(assets),
        users=_whole(value, "users", most=USERS_MAX),
        totals=tuple(_amounts(value, "totals", count=len(assets))),
    )
    digests = [_bytes(each, "a segment") for each in _list(value, "segments", most=SEGMENTS_MAX)]
    well_formed(len(digests) == statement.segments, f"{len(digests)} segments, not {statement.segments}")
    manifest = Manifest(statement, tuple(digests))
    require(value.get("root") == manifest.root, "the root is not that of this statement and these segments")
    return manifest


def inclusion_object(manifest_root: str, inclusion: Inclusion) -> dict[str, Any]:
    return {
        "scheme": SCHEME,
        "root": manifest_root,
        "user": inclusion.user,
        "segment": inclusion.segment,
        "slot": inclusion.slot,
        "salt": inclusion.salt.hex(),
        "blind": list(inclusion.blind),
        "balances": [str(balance) for balance in inclusion.balances],
        "siblings": [sibling.hex() for sibling in inclusion.siblings],
    }


def parse_inclusion(value: dict[str, Any], manifest: Manifest) -> Inclusion:
    """Raises Malformed; Refuted for a file of another proof."""
    params, statement = manifest.statement.params, manifest.statement
    well_formed(value.get("scheme") == SCHEME, "another scheme")
    require(value.get("root") == manifest.root, "a file of another proof")
    blind = _list(value, "blind", most=DEGREE)
    well_formed(len(blind) == DEGREE and all(type(each) is int and 0 <= each < P for each in blind), "no blind")
    siblings = _list(value, "siblings", most=params.log_rows)
    return Inclusion(
        user=_text(value, "user"),
        segment=_whole(value, "segment", most=statement.segments - 1),
        slot=_whole(value, "slot", most=params.rows - 1),
        salt=_bytes(value.get("salt"), "the salt"),
        blind=element(blind),
        balances=tuple(_amounts(value, "balances", count=len(statement.assets))),
        siblings=tuple(_bytes(each, "a sibling") for each in siblings),
    )


def _asset(value: object) -> Asset:
    well_formed(isinstance(value, dict), "an asset is no object")
    assert isinstance(value, dict), "just required"
    return Asset(_text(value, "name"), _whole(value, "decimals", most=255))


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not 0 < len(found.encode("utf-8", "surrogatepass")) <= TEXT_BYTES_MAX:
        raise Malformed(f"{key} is missing or too long")
    if any(0xD800 <= ord(char) < 0xE000 for char in found):
        raise Malformed(f"{key} is no text")
    return found


def _whole(value: dict[str, Any], key: str, *, most: int) -> int:
    found = value.get(key)
    if type(found) is not int or not 0 <= found <= most:
        raise Malformed(f"{key} is not a whole number up to {most}")
    return found


def _list(value: dict[str, Any], key: str, *, most: int) -> list[Any]:
    found = value.get(key)
    if not isinstance(found, list) or len(found) > most:
        raise Malformed(f"{key} is no list of at most {most}")
    return found


def _bytes(value: object, what: str) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * DIGEST_BYTES or not _HEX.fullmatch(value):
        raise Malformed(f"{what} is not {DIGEST_BYTES} bytes in lower-case hexadecimal")
    return bytes.fromhex(value)


def _amounts(value: dict[str, Any], key: str, *, count: int) -> Sequence[int]:
    found = _list(value, key, most=count)
    if len(found) != count or not all(isinstance(each, str) and _DIGITS.fullmatch(each) for each in found):
        raise Malformed(f"{key} are not {count} whole numbers of base units, written without a sign")
    return [int(each) for each in found]
