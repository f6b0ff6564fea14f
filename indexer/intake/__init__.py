"""Every published format -> claims, rejections, findings; and statements of liabilities."""

from indexer.intake.errors import BadList, BadStatement
from indexer.intake.reader import Batch, ListReader, open_list
from indexer.intake.statement import read_statement

__all__ = ["BadList", "BadStatement", "Batch", "ListReader", "open_list", "read_statement"]
