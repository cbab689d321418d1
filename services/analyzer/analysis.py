"""What a provider says of one image, in one shape for all providers. It is what the cache keeps
and what the column `analysis_result` holds: a change of a shape below raises SCHEMA."""

from typing import NamedTuple

import msgspec

from shared.cache_keys import SCHEMA


class Usage(NamedTuple):
    """Tokens that the provider charges an answer for; none where it charges by the image. What a model
    thought counts as answered."""

    tokens_in: int = 0
    tokens_out: int = 0


FREE = Usage()


class TextLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of text. Its box is in fractions (0..1) of the image, from the upper left corner.

    An array in JSON: with names a usual `analysis_result` has 2.5 KB, without 1.3, and its size is
    what storing a row costs most."""

    text: str
    x: float
    y: float
    width: float
    height: float
    confidence: float


class Scored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A label, a landmark or a web entity with the provider's score (0..1; of a web entity any number)."""

    name: str
    score: float


class Logo(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`height` of its box in fractions of the image; 0 where the provider gives none."""

    name: str
    score: float
    height: float = 0.0


class Judgement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a model that understands pictures concludes by itself, in its words: whether it is a shop and why,
    a sentence, and where it knows them the name and the contacts. Each `_sure` is 0..1, by its account."""

    shop: bool
    shop_sure: float
    why: str
    sentence: str
    sentence_sure: float
    name: str | None = None
    name_sure: float = 0.0
    contacts: tuple[str, ...] = ()
    contacts_sure: float = 0.0
    text_sure: float = 0.0


class Analysis(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`text` is the whole text in reading order, lines ended by newlines. `unsafe`: what a safe search holds
    for likely, in the provider's words; `judgement` is of providers that conclude, not only annotate."""

    provider: str
    text: str = ""
    lines: tuple[TextLine, ...] = ()
    labels: tuple[Scored, ...] = ()
    logos: tuple[Logo, ...] = ()
    landmarks: tuple[Scored, ...] = ()
    web: tuple[Scored, ...] = ()
    unsafe: tuple[str, ...] = ()
    model: str | None = None
    schema: int = SCHEMA
    usage: Usage = FREE
    judgement: Judgement | None = None


class ImageFailure(msgspec.Struct, frozen=True, gc=False):
    """The provider answered the call but not this image, which is not paid for; its tokens are. `blocked`: by
    its rules, though it can read it."""

    message: str
    usage: Usage = FREE
    blocked: bool = False
