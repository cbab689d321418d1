"""The one reader of uploads: CSV, .csv.gz or .xlsx in, JSON Lines out. No row is dropped in silence."""

from services.gateway.reading.errors import UnreadableUpload
from services.gateway.reading.normalise import Normaliser, Summary
from services.gateway.reading.tables import Limits

__all__ = ["Limits", "Normaliser", "Summary", "UnreadableUpload"]
