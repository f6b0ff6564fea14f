"""Fixtures that several rooms of tests share."""

from tests.postgres import any_database, any_server, database, server

__all__ = ["any_database", "any_server", "database", "server"]
