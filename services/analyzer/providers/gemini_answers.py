"""Gemini's answer for one picture as an `Analysis`. A model can say anything: what is not in the form that
was asked for is no answer, and what is too long is cut."""

from collections.abc import Iterable

import msgspec
from google.genai.types import FinishReason, GenerateContentResponse

from services.analyzer.analysis import FREE, Analysis, ImageFailure, Judgement, Usage
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.gemini_question import MAX_CONTACTS, MAX_LINES

_MAX_LINE = 500
_MAX_TEXT = 20_000
_MAX_NAME = 200
_MAX_SENTENCE = 400
_MAX_WHY = 100
_MAX_MODEL = 100
_MOST_TOKENS = 10_000_000  # ten times what a model can take
# The same picture would be refused again.
_BLOCKED = frozenset(
    {
        FinishReason.SAFETY,
        FinishReason.RECITATION,
        FinishReason.BLOCKLIST,
        FinishReason.PROHIBITED_CONTENT,
        FinishReason.SPII,
        FinishReason.IMAGE_SAFETY,
        FinishReason.ESCALATION,
    }
)


class _Said(msgspec.Struct, frozen=True):
    """As gemini_question.py asks for it."""

    lines: list[str]
    lines_sure: float
    is_shop: bool
    is_shop_sure: float
    why: str
    name: str | None
    name_sure: float
    contacts: list[str]
    contacts_sure: float
    sentence: str
    sentence_sure: float


_decode = msgspec.json.Decoder(_Said).decode


def analysis_of(answer: GenerateContentResponse, model: str) -> Analysis | ImageFailure:
    """`model` was asked; the answer may name its version. Raises CallFailed."""
    usage = usage_of(answer)
    if why := _blocked(answer):
        return ImageFailure(f"Gemini does not answer for the picture: {why}", usage, blocked=True)
    said = _said(answer, usage)
    lines = [line[:_MAX_LINE] for line in _written(said.lines, MAX_LINES)]
    return Analysis(
        provider="gemini",
        text="\n".join(lines)[:_MAX_TEXT],
        model=(answer.model_version or model)[:_MAX_MODEL],
        usage=usage,
        judgement=Judgement(
            shop=said.is_shop,
            shop_sure=_share(said.is_shop_sure),
            why=said.why.strip()[:_MAX_WHY] or "not said",
            sentence=said.sentence.strip()[:_MAX_SENTENCE],
            sentence_sure=_share(said.sentence_sure),
            name=(said.name or "").strip()[:_MAX_NAME] or None,
            name_sure=_share(said.name_sure),
            contacts=tuple([one[:_MAX_NAME] for one in _written(said.contacts, MAX_CONTACTS)]),
            contacts_sure=_share(said.contacts_sure),
            text_sure=_share(said.lines_sure),
        ),
    )


def usage_of(answer: GenerateContentResponse) -> Usage:
    """What was thought is charged like what was answered."""
    counted = answer.usage_metadata
    if counted is None:
        return FREE
    written = (counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0)
    return Usage(_count(counted.prompt_token_count or 0), _count(written))


def _blocked(answer: GenerateContentResponse) -> str | None:
    """Why, where the picture or what was to be said of it is."""
    if answer.prompt_feedback is not None and answer.prompt_feedback.block_reason is not None:
        return answer.prompt_feedback.block_reason.value
    end = _end(answer)
    return end.value if end in _BLOCKED else None


def _end(answer: GenerateContentResponse) -> FinishReason | None:
    return answer.candidates[0].finish_reason if answer.candidates else None


def _said(answer: GenerateContentResponse, usage: Usage) -> _Said:
    end = _end(answer)
    said = _parsed(_text(answer)) if end is FinishReason.STOP else None
    if said is None or not said.sentence.strip():
        how = end.value if end is not None else "nothing"
        raise CallFailed(Refusal.UNREADABLE, f"Gemini's answer is not as asked ({how})", usage=usage)
    return said


def _text(answer: GenerateContentResponse) -> str:
    """Without thoughts. `answer.text` does the same in ten times the time."""
    content = answer.candidates[0].content if answer.candidates else None
    parts = content.parts if content is not None else None
    return "".join(part.text for part in parts or () if part.text and not part.thought)


def _parsed(text: str) -> _Said | None:
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):  # a lone surrogate
        return None


def _written(lines: Iterable[str], most: int) -> list[str]:
    return [line.strip() for line in lines if line.strip()][:most]


def _count(tokens: int) -> int:
    return min(_MOST_TOKENS, max(0, tokens))


def _share(number: float) -> float:
    return round(min(1.0, max(0.0, number)), 2)
