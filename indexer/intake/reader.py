"""A published list, batch by batch, in constant memory. Every data line ends as a claim or as a rejection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.core.names import Names
from indexer.intake.errors import BadList, Refused
from indexer.intake.findings import Findings
from indexer.intake.forms import Form, form_of
from indexer.intake.instruments import AdapterOf, Instruments
from indexer.intake.lines import excerpt, line_blocks, text_of
from indexer.intake.source import ByteSource
from indexer.model.claims import ListSummary, RejectedLine, ReserveClaim
from indexer.model.findings import Severity

BATCH_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome of at most BATCH_LINES lines, in order. Blank lines, headers and totals leave no trace in it."""

    claims: list[ReserveClaim]
    rejected: list[RejectedLine]


def open_list(path: Path, names: Names, adapter_of: AdapterOf) -> ListReader:
    """A reader of a plain or gzip file. Raises BadList, here or while it is read; OSError where there is no file."""
    return ListReader(ByteSource(path), path.name, names, adapter_of)


class ListReader:
    """Iterate once, then ask for the summary. Line numbers are physical lines, from 1."""

    def __init__(self, source: ByteSource, file_name: str, names: Names, adapter_of: AdapterOf) -> None:
        self._source = source
        self._file_name = file_name
        self._names = names
        self._findings = Findings()
        self._instruments = Instruments(names, adapter_of, self._findings)
        self._form: Form | None = None
        self._line_no = 0
        self._accepted = 0
        self._rejected = 0
        self._summary: ListSummary | None = None

    @property
    def summary(self) -> ListSummary:
        assert self._summary is not None, "the summary exists once the list was read to its end"
        return self._summary

    def __iter__(self) -> Iterator[Batch]:
        assert self._line_no == 0, "a list is read once"
        try:
            for block in line_blocks(self._source):
                for start in range(0, len(block), BATCH_LINES):
                    batch = self._read(block[start : start + BATCH_LINES])
                    self._accepted += len(batch.claims)
                    self._rejected += len(batch.rejected)
                    if batch.claims or batch.rejected:
                        yield batch
            self._summary = self._conclude()
        except BadList as error:
            if str(error).startswith(f"{self._file_name}:"):
                raise
            raise BadList(f"{self._file_name}: {error}") from None

    def _read(self, lines: list[bytes]) -> Batch:
        claims: list[ReserveClaim] = []
        rejected: list[RejectedLine] = []
        for line_no, line in enumerate(lines, self._line_no + 1):
            if not line:
                continue
            try:
                text = text_of(line)
                form = self._form or self._begin(text)
                if form is None:
                    continue
                claim = form.read(line_no, text)
            except Refused as error:
                if self._form is None:
                    raise BadList(f"line {line_no}: {error.detail}, before any header") from None
                rejected.append(_rejected(line_no, line, error))
            else:
                if claim is not None:
                    claims.append(claim)
        self._line_no += len(lines)
        return Batch(claims, rejected)

    def _begin(self, text: str) -> Form | None:
        if text.strip("\ufeff, \t"):
            self._form = form_of(text, self._instruments, self._findings)
        return self._form

    def _conclude(self) -> ListSummary:
        if self._form is None:
            raise BadList("the file is empty")
        declared = self._form.declared(self._names)
        lines = self._accepted + self._rejected
        if lines == 0:
            self._findings.add(Severity.WARNING, "no-rows", "the list has a header but no rows")
        return ListSummary(
            sha256=self._source.sha256,
            format=self._form.name,
            size=self._source.size,
            lines=lines,
            accepted=self._accepted,
            rejected=self._rejected,
            instruments=self._instruments.specs,
            declared=declared,
            findings=self._findings.all(),
        )


def _rejected(line_no: int, line: bytes, error: Refused) -> RejectedLine:
    return RejectedLine(
        line_no=line_no,
        reason=error.reason,
        detail=excerpt(error.detail),
        excerpt=excerpt(line),
        instrument_no=error.instrument_no,
        claimed=error.claimed,
    )
