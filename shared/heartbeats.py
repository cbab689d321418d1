"""The mark of a slice in hand: set by the analyzer that works on it, read by the monitor."""

from uuid import UUID


def heartbeat_key(slice_id: UUID) -> str:
    return f"slice:{slice_id}"
