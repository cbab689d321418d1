"""The formats of exports as the API tells them."""

from typing import Any

from shared.exporting import MEDIA_TYPES, Format

_WORDS = {
    Format.CSV: ("Comma Separated Values", "Standard CSV format for spreadsheet applications"),
    Format.JSON: ("JavaScript Object Notation", "JSON format for API integrations"),
    Format.XLSX: ("Microsoft Excel", "Excel format with multiple sheets"),
    Format.NDJSON: ("JSON Lines", "One JSON object a line, for programs that read row by row"),
    Format.PARQUET: ("Apache Parquet", "Typed columns, compressed with zstd, for analysis"),
    Format.CSV_GZ: ("Comma Separated Values, gzip", "The CSV, compressed to a fifth or less"),
}


def formats() -> dict[str, Any]:
    return {
        "supported_formats": {kind.value: _told(kind) for kind in Format},
        "default_format": Format.CSV,
    }


def _told(kind: Format) -> dict[str, Any]:
    name, description = _WORDS[kind]
    return {
        "name": name,
        "description": description,
        "supports_filtering": True,
        "supports_metadata": True,
        "file_extension": f".{kind}",
        "mime_type": MEDIA_TYPES[kind],
    }
