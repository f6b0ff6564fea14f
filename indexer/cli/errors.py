"""What a person can type wrongly beyond what the parser sees."""

from __future__ import annotations


class BadArgument(ValueError):
    """An argument that parses but means nothing; the message names it."""
