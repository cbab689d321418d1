"""Exports in the background: made into the blob store, for any size, by whoever holds the lease."""
