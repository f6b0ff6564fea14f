"""The cells of one line into a claim, or the reason why not."""

from __future__ import annotations

import re
from operator import itemgetter

from chains.errors import BadAddress, HiddenAddress
from indexer.core.amounts import BadAmount, parse_amount
from indexer.intake.errors import Refused
from indexer.intake.instruments import Instruments, Listed, as_published
from indexer.intake.layouts import Layout
from indexer.intake.totals import Heights
from indexer.model.claims import RejectReason, ReserveClaim

DECIMALS_MAX = 36
HEIGHT_DIGITS_MAX = 18
CACHE_MAX = 4096
_NUMBER = re.compile(r"\s*\d[\d.]*\s*", re.ASCII)


class BadHeight(ValueError):
    """No block height, and no sign that there is none."""


class RowReader:
    """Reads the rows under one header. Holds one entry per distinct coin, network and Type."""

    def __init__(self, layout: Layout, instruments: Instruments, heights: Heights) -> None:
        self.layout = layout
        self._instruments = instruments
        self._heights = heights
        self._cache: dict[object, Listed] = {}
        columns = [at for at in (layout.coin, layout.network, layout.kind) if at is not None]
        self._key = itemgetter(*columns)

    def claim(self, line_no: int, cells: list[str]) -> ReserveClaim:
        """Raises Refused with whatever could be read."""
        layout = self.layout
        if len(cells) != layout.width and len(cells) != layout.short:
            raise Refused(RejectReason.COLUMNS, f"{len(cells)} columns where the header has {layout.width}")
        key = self._key(cells)
        listed = self._cache.get(key)
        if listed is None:
            listed = self._listed(key, cells, line_no)
        claimed: int | None = None
        claimed_text: str | None = None
        if layout.amount is not None:
            if layout.short != layout.width:
                self._refuse_shifted(cells, listed)
            text = cells[layout.amount]
            try:
                if listed.decimals is None:
                    parse_amount(text, decimals=0 if layout.base_units else DECIMALS_MAX)
                    claimed_text = text.strip()
                else:
                    claimed = parse_amount(text, decimals=0 if layout.base_units else listed.decimals)
            except BadAmount as error:
                raise Refused(RejectReason.BAD_AMOUNT, str(error), instrument_no=listed.no) from None
        number, published = listed.no, cells[layout.address].strip()
        try:
            height = self._height(cells, listed)
            address = listed.parse_address(published)
        except HiddenAddress as error:
            number, address = self._instruments.hidden(listed, str(error)), as_published(published)
        except BadAddress as error:
            detail = str(error)
            raise Refused(RejectReason.BAD_ADDRESS, detail, instrument_no=listed.no, claimed=claimed) from None
        except BadHeight as error:
            detail = str(error)
            raise Refused(RejectReason.BAD_HEIGHT, detail, instrument_no=listed.no, claimed=claimed) from None
        return ReserveClaim(line_no, number, height, address, claimed, claimed_text, listed.kind)

    def _listed(self, key: object, cells: list[str], line_no: int) -> Listed:
        listed = self._instruments.listed(self.layout, cells, line_no)
        if len(self._cache) >= CACHE_MAX:  # endless spellings of one name must not fill memory
            self._cache.clear()
        self._cache[key] = listed
        return listed

    def _height(self, cells: list[str], listed: Listed) -> int | None:
        if self.layout.height is not None:
            return parse_height(cells[self.layout.height])
        if self.layout.base_units:
            return parse_height(self._heights.of(listed.coin))
        return None

    def _refuse_shifted(self, cells: list[str], listed: Listed) -> None:
        """Rows may be two cells short, so an unquoted 1,234,567.8 could pass for a row that claims 1."""
        message = self.layout.message
        if message is not None and _NUMBER.fullmatch(cells[message]):
            detail = "a number where the message belongs: the amount may be split by a comma"
            raise Refused(RejectReason.COLUMNS, detail, instrument_no=listed.no)


def parse_height(text: str) -> int | None:
    """A block height; None for an empty cell or ``-``."""
    text = text.strip()
    if text in ("", "-"):
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > HEIGHT_DIGITS_MAX:
        raise BadHeight("the height is no whole number")
    return int(text)
