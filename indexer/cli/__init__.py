"""The command ``assay``."""


def main() -> None:
    """Imports the program only when it runs: each process that a command starts imports the command's script first."""
    from indexer.cli.main import main as program  # noqa: PLC0415

    program()
