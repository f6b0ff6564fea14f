"""A proof of liabilities on disk: users into segments, segments to processes, a directory to publish."""
