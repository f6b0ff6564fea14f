"""What a run comes to: status of every row, totals with their coverage, the digest, the frozen record, the report."""

from indexer.store.results.digest import readings_digest
from indexer.store.results.freezing import NotFinished, freeze
from indexer.store.results.owed import Owed, owed
from indexer.store.results.ownership import load_ownership
from indexer.store.results.report import load_report
from indexer.store.results.totals import totals

__all__ = [
    "NotFinished",
    "Owed",
    "freeze",
    "load_ownership",
    "load_report",
    "owed",
    "readings_digest",
    "totals",
]
