"""Real nodes for the demo and the tests, started on loopback and ended by their own pid."""

from __future__ import annotations


class EngineMissing(RuntimeError):
    """A real engine cannot be had here; the message is one sentence that says why and what would help."""
