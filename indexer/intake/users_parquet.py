"""A list of users as Parquet: the columns of the CSV, streamed as its lines, which every reader here understands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROWS_AT_ONCE = 65_536


class NotParquet(ValueError):
    """The file, one of its columns, or this installation; the message says which."""


def blocks(path: Path) -> Iterator[bytes]:
    """The header line, then whole lines of CSV. Quoted only where a name needs it. Raises NotParquet.

    Amounts are text, decimals or integers; a column of floats is refused, for it is not exact.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  (an extra, and slow to load)
        from pyarrow import csv, parquet  # noqa: PLC0415
    except ImportError:
        raise NotParquet("reading Parquet needs pyarrow: pip install assay[parquet]") from None

    def rendered(batch: object, quoting: str) -> bytes:
        sink = pa.BufferOutputStream()
        csv.write_csv(batch, sink, csv.WriteOptions(include_header=False, quoting_style=quoting))
        return bytes(sink.getvalue())

    try:
        with parquet.ParquetFile(path) as file:
            for field in file.schema_arrow:
                kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_decimal, pa.types.is_integer)
                if not any(kind(field.type) for kind in kinds):
                    raise NotParquet(f"column {field.name!r} is {field.type}: text, decimals or integers are exact")
                if any(sign in field.name for sign in ',"\r\n'):
                    raise NotParquet(f"column {field.name!r} is no user,ASSET:DECIMALS")
            yield (",".join(file.schema_arrow.names) + "\n").encode()
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                try:
                    yield rendered(batch, "none")
                except pa.ArrowInvalid:  # a name with a comma, a quote or a line end
                    yield rendered(batch, "needed")
    except (pa.ArrowException, OSError) as error:
        raise NotParquet(str(error)) from None
