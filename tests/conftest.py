"""Fixtures that several rooms of tests share, and how Hypothesis draws.

The same examples every time, so that a change is red by its own fault; ``--hypothesis-profile=explore`` draws others.
No example has a deadline: a busy machine is not a failure.
"""

from hypothesis import settings

from tests.postgres import any_database, any_server, database, server

__all__ = ["any_database", "any_server", "database", "server"]

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("fixed")
