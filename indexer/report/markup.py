"""HTML that cannot forget to escape: ``Html`` is made from ``text`` and ``tag`` only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from typing import NewType

from indexer.model.result import Total
from indexer.report import figures
from indexer.report.figures import AssetLine, printable

Html = NewType("Html", str)


def text(value: str) -> Html:
    return Html(escape(printable(value)))


def join(*parts: Html) -> Html:
    return Html("".join(parts))


def tag(element: str, inside: Html | None, /, **attributes: str) -> Html:
    """An element; ``inside`` is None for one without an end tag. Empty attributes are left out.

    ``class_`` is class, ``http_equiv`` http-equiv: the names as Python lets us write them.
    """
    spelled = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return Html(f"<{element}{spelled}>" if inside is None else f"<{element}{spelled}>{inside}</{element}>")


def table(head: Sequence[str], rows: Sequence[Sequence[Html]], *, numeric: Collection[int] = ()) -> Html:
    """The first cell of a row is its header; ``numeric`` columns stand at the right."""
    kinds = ["num" if column in numeric else "" for column in range(len(head))]
    top = [tag("th", text(label), scope="col", class_=kind) for label, kind in zip(head, kinds, strict=True)]
    body = [
        tag(
            "tr",
            join(
                tag("th", row[0], scope="row"),
                *(tag("td", cell, class_=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True)),
            ),
        )
        for row in rows
    ]
    whole = join(tag("thead", tag("tr", join(*top))), tag("tbody", join(*body)))
    return tag("div", tag("table", whole), class_="scroll")


def amount(value: int | None, scale: int | None) -> Html:
    """The exact figure. Groups of three are set apart by margins, so that what is copied has digits only."""
    plain = figures.amount(value, scale)
    if plain == figures.UNKNOWN:
        return text(plain)
    whole, point, fraction = plain.partition(".")
    first = len(whole) % 3
    groups = ([whole[:first]] if first else []) + [whole[at : at + 3] for at in range(first, len(whole), 3)]
    spaced = [text(groups[0]), *(tag("span", text(group), class_="g") for group in groups[1:])]
    return tag("span", join(*spaced, tag("small", text(point + fraction)) if fraction else Html("")), class_="amount")


def observed(total: Total) -> Html:
    """The sum, or the word INCOMPLETE over the interval."""
    if total.coverage.complete:
        return amount(total.low, total.scale)
    low = amount(None if total.scale is None else total.low, total.scale)
    first = tag("span", join(text("["), low, text(",")), class_="bound")
    last = tag("span", join(amount(total.high, total.scale), text("]")), class_="bound")
    return join(incomplete(), text(" "), first, text(" "), last)


def ratio(line: AssetLine, *, attested: bool = False) -> Html:
    """The percentage, or the word INCOMPLETE over the interval."""
    words = figures.ratio_text(line, attested=attested)
    if not words.startswith(figures.INCOMPLETE):
        return text(words)
    interval = tag("span", text(words.removeprefix(figures.INCOMPLETE).strip()), class_="bound")
    return join(incomplete(), text(" "), interval)


def incomplete() -> Html:
    return tag("strong", text(figures.INCOMPLETE), class_="open")
