"""Exports: rows of a batch out of Postgres to a reader, in one snapshot."""
