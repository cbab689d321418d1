"""The columns of a result: what a picture tells, whoever looked at it."""

import msgspec

from services.analyzer.contacts import Contact


class Confidence(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How sure each column is, 0..1; what is null has none. How they are reckoned: docs/interpretation.md."""

    store_image: float
    image_description: float
    store_name: float | None = None
    business_contact: float | None = None
    text_content: float | None = None


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """In a few words why this is a shop or is none, and where its name stands."""

    store_image: str
    store_name: str | None = None


class Interpretation(msgspec.Struct, frozen=True, gc=False):
    """The columns of a result. `business_contact` is the best of `contacts`."""

    store_image: bool
    store_name: str | None
    business_contact: str | None
    image_description: str | None
    text_content: str | None
    contacts: tuple[Contact, ...]
    evidence: Evidence
    confidence: Confidence
