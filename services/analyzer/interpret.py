"""From what a provider saw to what a row says of it. Pure. What the picture does not tell is null."""

import msgspec

from services.analyzer.analysis import Analysis, Scored, TextLine
from services.analyzer.contacts import Contact, contacts_in
from services.analyzer.describe import describe
from services.analyzer.names import store_name
from services.analyzer.scene import scene_of


class Interpretation(msgspec.Struct, frozen=True, gc=False):
    """The columns of a result. `business_contact` is the best of `contacts`; `evidence` says in a few words
    why this is a shop or is none."""

    store_image: bool
    store_name: str | None
    business_contact: str | None
    image_description: str | None
    text_content: str | None
    contacts: tuple[Contact, ...]
    evidence: str


class _Document(msgspec.Struct, frozen=True, gc=False):
    """What the column `analysis_result` holds."""

    schema: int
    provider: str
    model: str | None
    labels: tuple[Scored, ...]
    logos: tuple[Scored, ...]
    lines: tuple[TextLine, ...]
    contacts: tuple[Contact, ...]
    evidence: str


_encode = msgspec.json.Encoder().encode


def interpret(analysis: Analysis, region: str) -> Interpretation:
    """`region`: ISO 3166 alpha-2, for phone numbers without a country code. The same analysis gives the same
    interpretation on any machine."""
    contacts = contacts_in(analysis.text, region)
    name = store_name(analysis.lines, analysis.logos, contacts)
    scene = scene_of(analysis.labels, analysis.lines, named=name is not None, contact=bool(contacts))
    store = scene.kind == "store"
    name = name if store else None
    return Interpretation(
        store_image=store,
        store_name=name,
        business_contact=contacts[0].value if contacts else None,
        image_description=describe(analysis, scene, name, contacts),
        text_content=analysis.text.strip() or None,
        contacts=contacts,
        evidence=scene.why,
    )


def document(analysis: Analysis, interpretation: Interpretation) -> bytes:
    """The JSON object of `analysis_result`."""
    return _encode(
        _Document(
            schema=analysis.schema,
            provider=analysis.provider,
            model=analysis.model,
            labels=analysis.labels,
            logos=analysis.logos,
            lines=analysis.lines,
            contacts=interpretation.contacts,
            evidence=interpretation.evidence,
        )
    )
