"""From what a provider saw to what a row says of it. Pure. What the picture does not tell is null."""

import msgspec

from services.analyzer.analysis import Analysis, Judgement, Logo, Scored, TextLine
from services.analyzer.columns import Confidence, Evidence, Interpretation
from services.analyzer.contacts import Contact, contacts_in
from services.analyzer.describe import describe
from services.analyzer.judgement import judged
from services.analyzer.layout import Scene
from services.analyzer.names import Name, store_name
from services.analyzer.scene import scene_of

VERSION = 2
"""Of the rules: raise it when the same analysis gives other columns."""


class _Document(msgspec.Struct, frozen=True, gc=False):
    """What the column `analysis_result` holds."""

    schema: int
    version: int
    provider: str
    model: str | None
    labels: tuple[Scored, ...]
    logos: tuple[Logo, ...]
    landmarks: tuple[Scored, ...]
    web: tuple[Scored, ...]
    unsafe: tuple[str, ...]
    lines: tuple[TextLine, ...]
    contacts: tuple[Contact, ...]
    evidence: Evidence
    confidence: Confidence
    judgement: Judgement | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.json.Encoder().encode


def interpret(analysis: Analysis, region: str) -> Interpretation:
    """`region`: ISO 3166 alpha-2, for phone numbers without a country code. The same analysis gives the same
    interpretation on any machine."""
    if analysis.judgement is not None:
        return judged(analysis, analysis.judgement, region)
    contacts = contacts_in(analysis.text, region)
    name = store_name(analysis, contacts)
    scene = scene_of(analysis, named=name is not None, contact=bool(contacts))
    store = scene.kind == "store"
    name = name if store else None
    return Interpretation(
        store_image=store,
        store_name=name.value if name else None,
        business_contact=contacts[0].value if contacts else None,
        image_description=describe(analysis, scene, name.value if name else None, contacts),
        text_content=analysis.text.strip() or None,
        contacts=contacts,
        evidence=Evidence(scene.why, name.why if name else None),
        confidence=_confidence(analysis, scene, name, contacts),
    )


def _confidence(
    analysis: Analysis, scene: Scene, name: Name | None, contacts: tuple[Contact, ...]
) -> Confidence:
    """A contact or a sentence is as sure as what it rests on was read."""
    read = _read(analysis.lines)
    return Confidence(
        store_image=scene.confidence,
        image_description=round(scene.confidence * (name.confidence if name else 1.0), 2),
        store_name=name.confidence if name else None,
        business_contact=round(contacts[0].confidence * (read or 1.0), 2) if contacts else None,
        text_content=read,
    )


def _read(lines: tuple[TextLine, ...]) -> float | None:
    """How surely the text was read: the mean over its letters. None where the provider does not say."""
    letters, sure = 0, 0.0
    for line in lines:
        if line.confidence:
            letters += len(line.text)
            sure += line.confidence * len(line.text)
    return round(sure / letters, 2) if letters else None


def document(analysis: Analysis, interpretation: Interpretation) -> bytes:
    """The JSON object of `analysis_result`."""
    return _encode(
        _Document(
            schema=analysis.schema,
            version=VERSION,
            provider=analysis.provider,
            model=analysis.model,
            labels=analysis.labels,
            logos=analysis.logos,
            landmarks=analysis.landmarks,
            web=analysis.web,
            unsafe=analysis.unsafe,
            lines=analysis.lines,
            contacts=interpretation.contacts,
            evidence=interpretation.evidence,
            confidence=interpretation.confidence,
            judgement=analysis.judgement or msgspec.UNSET,
        )
    )
