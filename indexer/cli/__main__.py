"""``python -m indexer.cli``: the same as the command ``assay``."""

from indexer.cli.main import main

main()
