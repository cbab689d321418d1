"""How the result cache in Redis is keyed: written by the analyzers, looked into by the gateway's dry runs."""

import hashlib
import re
from typing import NamedTuple

from shared.web_address import canonical

SCHEMA = 3
"""Of what is kept (services/analyzer/analysis.py): raise it with every change of a shape there, but for a
field that is absent in what is kept already and means then what it meant. 2: arrays; 3: a logo's height,
landmarks, web entities, safe search."""

VERSIONS = {
    "google": "label-logo-text-landmark-web-safe.1",
    "gemini": "sign.de08d362",
    "local": "ppocr6.2",
}
"""What each provider is asked for, or read with: another version's answers are not reused."""

GEMINI_MODEL = "gemini-3.5-flash-lite"
"""The stable one for many small answers, which does not think first unless it is asked to."""

_MODEL = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
DIGEST_BYTES = 16


class CacheKeys(NamedTuple):
    """`space` names provider, version and shape: another one's answers are not reused."""

    space: str

    def url(self, digest: bytes) -> bytes:
        """Leads to the content's hash, of the address whose `url_digest` it is."""
        return f"url:{self.space}:".encode() + digest

    def entry(self, content_hash: str) -> str:
        return f"img:{self.space}:{content_hash}"

    def lease(self, content_hash: str) -> str:
        return f"lease:{self.space}:{content_hash}"


def space_of(provider: str, gemini_model: str = "") -> str:
    """Another model's answers are another's: `gemini_model` counts for that provider only."""
    model = f".{gemini_model}" if provider == "gemini" else ""
    return f"{provider}.{VERSIONS[provider]}{model}.{SCHEMA}"


def check_model(name: str) -> None:
    """Raises ValueError for what is no name of a model: it becomes a part of keys and of a URL."""
    if not _MODEL.fullmatch(name):
        raise ValueError(f"GEMINI_MODEL is a name like {GEMINI_MODEL}, not {name[:50]!r}")


def url_digest(url: str) -> bytes:
    """Of the address's one spelling: who writes it another way finds the same answer."""
    return hashlib.blake2b(canonical(url).encode(), digest_size=DIGEST_BYTES).digest()
