"""What a whole proof claims: the moment, the assets, how many users, how many segments, the totals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from indexer.liabilities.assay_sum import TEXT_BYTES_MAX, Asset
from indexer.liabilities.stark.errors import well_formed
from indexer.liabilities.stark.hashing import digest, text, u8, u32, u64
from indexer.liabilities.stark.params import Layout, Parameters

USERS_MAX = 2**36
TOTAL_BYTES = 16


@dataclass(frozen=True)
class Statement:
    """Checked when made: Malformed for what no proof can claim."""

    params: Parameters
    snapshot: str
    assets: tuple[Asset, ...]
    users: int
    totals: tuple[int, ...]

    def __post_init__(self) -> None:
        well_formed(0 < len(self.snapshot.encode()) <= TEXT_BYTES_MAX, "the snapshot's name is missing or too long")
        well_formed(0 < len(self.assets) <= self.params.assets_max, "no assets, or too many")
        for asset in self.assets:
            well_formed(0 < len(asset.name.encode()) <= TEXT_BYTES_MAX, "an asset's name is missing or too long")
            well_formed(0 <= asset.decimals <= 255, "an asset's decimals are out of range")
        well_formed(len({asset.name for asset in self.assets}) == len(self.assets), "an asset twice")
        well_formed(0 < self.users <= USERS_MAX, "no users, or too many")
        well_formed(len(self.totals) == len(self.assets), "not one total an asset")
        end = self.users * self.params.balance_end
        well_formed(all(0 <= total < end for total in self.totals), "a total out of range")

    @property
    def segments(self) -> int:
        return self.params.segments(self.users)

    @property
    def layout(self) -> Layout:
        return Layout(self.params, len(self.assets))

    def first_user(self, segment: int) -> int:
        """Users stand in a secret order; where in it the segment begins."""
        return self.params.first_user(self.users, segment)

    def users_in(self, segment: int) -> int:
        return self.first_user(segment + 1) - self.first_user(segment)

    def place_of(self, user: int) -> tuple[int, int]:
        """Segment and slot of a user, by the place in the order."""
        fewest, more = divmod(self.users, self.segments)
        wide = min(user // (fewest + 1), more)
        segment = wide if wide < more else more + (user - more * (fewest + 1)) // fewest
        return segment, user - self.first_user(segment)

    @cached_property
    def digest(self) -> bytes:
        """Absorbed first by every segment's transcript, and part of every leaf."""
        assets = b"".join(text(asset.name) + u8(asset.decimals) for asset in self.assets)
        totals = b"".join(total.to_bytes(TOTAL_BYTES, "little") for total in self.totals)
        return digest(
            "statement",
            text(self.params.name)
            + text(self.snapshot)
            + u32(len(self.assets))
            + assets
            + u64(self.users)
            + u32(self.segments)
            + totals,
        )


def root(statement: Statement, segment_digests: list[bytes]) -> bytes:
    """What is published for everyone: the statement and every segment, in order."""
    return digest("root", statement.digest + u32(len(segment_digests)) + b"".join(segment_digests))


def segment_digest(data: bytes | memoryview) -> bytes:
    return digest("segment", data)
