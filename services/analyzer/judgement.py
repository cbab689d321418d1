"""What a model concluded of a picture, held against what it read there and put into the forms that all
columns have. Pure. A model may say more than it saw: a name or a contact that its own text of the picture
does not show is left out."""

from services.analyzer.analysis import Analysis, Judgement
from services.analyzer.columns import Confidence, Evidence, Interpretation
from services.analyzer.contacts import Contact, contacts_in
from services.analyzer.likeness import letters
from services.analyzer.namelike import as_name, tidy
from services.analyzer.names import MAX_NAME

_SURE = 0.99  # no more than this is believed


def judged(analysis: Analysis, judgement: Judgement, region: str) -> Interpretation:
    """`region`: ISO 3166 alpha-2, for phone numbers without a country code."""
    shown = _letters(analysis.text)
    contacts = _contacts(analysis.text, judgement, shown, region)
    name = _name(judgement, contacts, shown) if judgement.shop else None
    return Interpretation(
        store_image=judgement.shop,
        store_name=name,
        business_contact=contacts[0].value if contacts else None,
        image_description=_sentence(judgement),
        text_content=analysis.text.strip() or None,
        contacts=contacts,
        evidence=Evidence(judgement.why, "read on the sign" if name else None),
        confidence=_confidence(judgement, name, contacts, has_text=bool(analysis.text.strip())),
    )


def _contacts(text: str, judgement: Judgement, shown: str, region: str) -> tuple[Contact, ...]:
    """Those that it names come first, the others of the text behind them."""
    named = [contact for contact in judgement.contacts if _letters(contact) in shown]
    return contacts_in("\n".join((*named, text)), region)


def _name(judgement: Judgement, contacts: tuple[Contact, ...], shown: str) -> str | None:
    name = as_name(judgement.name or "", contacts)
    return name[:MAX_NAME] if name and _letters(name) and _letters(name) in shown else None


def _sentence(judgement: Judgement) -> str:
    sentence = tidy(judgement.sentence)
    return sentence if sentence.endswith((".", "!", "?")) else sentence + "."


def _letters(text: str) -> str:
    """Case, blanks, line ends and punctuation count for nothing: a name may stand in two lines."""
    return letters(text).replace(" ", "")


def _confidence(
    judgement: Judgement, name: str | None, contacts: tuple[Contact, ...], *, has_text: bool
) -> Confidence:
    return Confidence(
        store_image=_sure(judgement.shop_sure),
        image_description=_sure(judgement.sentence_sure),
        store_name=_sure(judgement.name_sure) if name else None,
        business_contact=_sure(contacts[0].confidence * _read(judgement)) if contacts else None,
        text_content=_sure(judgement.text_sure) if has_text else None,
    )


def _read(judgement: Judgement) -> float:
    """How surely contacts were read: one that it did not name is as sure as the text."""
    return judgement.contacts_sure if judgement.contacts else judgement.text_sure


def _sure(confidence: float) -> float:
    return round(min(_SURE, max(0.0, confidence)), 2)
