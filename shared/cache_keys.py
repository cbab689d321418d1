"""How the result cache in Redis is keyed: written by the analyzers, looked into by the gateway's dry runs."""

import hashlib
from typing import NamedTuple

from shared.web_address import canonical

SCHEMA = 3
"""Of what is kept (services/analyzer/analysis.py): raise it with every change of a shape there, but for a
field that is absent in what is kept already and means then what it meant. 2: arrays; 3: a logo's height,
landmarks, web entities, safe search."""

VERSIONS = {"google": "label-logo-text-landmark-web-safe.1", "local": "ppocr6.2"}
"""What each provider is asked for, or read with: another version's answers are not reused."""

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


def space_of(provider: str) -> str:
    return f"{provider}.{VERSIONS[provider]}.{SCHEMA}"


def url_digest(url: str) -> bytes:
    """Of the address's one spelling: who writes it another way finds the same answer."""
    return hashlib.blake2b(canonical(url).encode(), digest_size=DIGEST_BYTES).digest()
