"""Keys as the settings name them."""

from services.analyzer.keys import ApiKey, grouped
from shared.keys_text import all_keys


def parse(text: str, file: str = "") -> list[ApiKey]:
    return grouped(all_keys(text, file))
