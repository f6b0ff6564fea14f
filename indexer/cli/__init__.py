"""The command ``assay``."""

from indexer.cli.main import main

__all__ = ["main"]
