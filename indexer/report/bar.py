"""The reserve ratio of an asset as a small picture: what is certain, what is open, and where 100 % is."""

from __future__ import annotations

from indexer.core.ratio import PPM
from indexer.report.figures import AssetLine, Standing, ratio_text, standing
from indexer.report.markup import Html, join, tag, text

WIDTH, HEIGHT = 140, 12
PPM_MAX = PPM * 140 // 100  # the right edge; longer bars are cut there and end in an arrow
_FILL = {Standing.COVERED: "good", Standing.SHORT: "bad", Standing.OPEN: "open"}


def ratio_bar(line: AssetLine) -> Html:
    """Solid up to the low bound, hatched up to the high one (to the edge where that is unknown); empty if no ratio."""
    if line.ratio is None or line.ratio.low_ppm is None:
        return Html("")
    high_ppm = line.ratio.high_ppm
    low = _x(line.ratio.low_ppm)
    high = WIDTH if high_ppm is None else _x(high_ppm)
    fill = _FILL[standing(line)]
    parts = [
        tag("title", text(f"{line.total.asset}: {ratio_text(line)} of liabilities")),
        _rect(0, WIDTH, "track"),
        _rect(0, low, f"bar {fill}"),
    ]
    if high > low:
        parts.append(_rect(low, high, f"maybe {fill}"))
    line_at = f"{_x(PPM)}"
    parts.append(tag("line", Html(""), x1=line_at, x2=line_at, y1="0", y2=f"{HEIGHT}", class_="hundred"))
    if high_ppm is None or high_ppm > PPM_MAX:
        parts.append(tag("path", Html(""), d=f"M{WIDTH - 5} 2l4 4l-4 4", class_="beyond"))
    return tag("svg", join(*parts), class_="ratiobar", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")


def _x(ppm: int) -> int:
    """Rounded down like the ratio itself, so that 99.99 % ends before the line."""
    return min(ppm, PPM_MAX) * WIDTH // PPM_MAX


def _rect(start: int, end: int, kind: str) -> Html:
    return tag("rect", Html(""), x=f"{start}", y="2", width=f"{end - start}", height=f"{HEIGHT - 4}", class_=kind)
