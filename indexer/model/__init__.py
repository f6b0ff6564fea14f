"""The records everything passes around: frozen, no I/O, named as auditors speak."""
