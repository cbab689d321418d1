"""The API described for people and for generators of clients: one table, one document made of it."""
