"""PostgreSQL: what was published, what was asked, what was answered, what follows. asyncpg lives only here."""
