"""What kind of picture this is: a shop's sign or front, or a document, a receipt, a chart, something else."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from services.analyzer import vocabulary
from services.analyzer.analysis import Analysis, Scored
from services.analyzer.layout import Scene, SceneKind, layout

_MIN_SCORE = 0.5
# Labels that speak for and against a shop and are closer than this don't decide; the text does.
_CLOSE = 0.1
# A weaker label against a shop, far below "Building", is that of a part: the paper in its window.
_SURE_AGAINST = 0.8
_MAX = 0.99
_KIND_OF: dict[str, SceneKind] = {
    **dict.fromkeys(vocabulary.STORE_LABELS, "store"),
    **dict.fromkeys(vocabulary.DOCUMENT_LABELS, "document"),
    **dict.fromkeys(vocabulary.RECEIPT_LABELS, "receipt"),
    **dict.fromkeys(vocabulary.MENU_LABELS, "price list"),
    **dict.fromkeys(vocabulary.CHART_LABELS, "chart"),
    **dict.fromkeys(vocabulary.OTHER_LABELS, "other"),
}


def scene_of(analysis: Analysis, *, named: bool, contact: bool) -> Scene:
    """The surest label that means a kind decides; where none does, or where they contradict each other, the
    look of the text. `named` and `contact`: whether something can be a shop's name, a phone number or an
    address; both make a shop surer."""
    kinds = list(_kinds(analysis.labels))
    for_shop = max((label.score for label, kind in kinds if kind == "store"), default=0.0)
    against = max((label.score for label, kind in kinds if kind != "store"), default=0.0)
    against *= against >= _SURE_AGAINST or not _is_undecided(analysis)
    if (for_shop or against) and abs(for_shop - against) >= _CLOSE:
        return _decided(kinds, shop=for_shop > against, named=named, contact=contact)
    if not kinds:
        if analysis.landmarks and analysis.landmarks[0].score >= _MIN_SCORE:
            return Scene("other", f"landmark {analysis.landmarks[0].name}", analysis.landmarks[0].score)
        if analysis.labels and not _is_undecided(analysis):
            return Scene("other", "no label of a shop", 0.85)
    return layout(analysis.lines, named=named, contact=contact)


def _kinds(labels: Sequence[Scored]) -> Iterator[tuple[Scored, SceneKind]]:
    """The labels that mean a kind, each with it."""
    for label in labels:
        if label.score >= _MIN_SCORE and (kind := _kind(label.name)):
            yield label, kind


@lru_cache(maxsize=4096)
def _kind(label: str) -> SceneKind | None:
    """That of the whole label, or of its first word that has one. The same labels come again and again."""
    name = label.lower()
    return next((_KIND_OF[word] for word in (name, *name.split()) if word in _KIND_OF), None)


def _decided(kinds: list[tuple[Scored, SceneKind]], *, shop: bool, named: bool, contact: bool) -> Scene:
    label, kind = next((label, kind) for label, kind in kinds if (kind == "store") is shop)
    doubt = 1 - label.score
    if shop:
        doubt *= (0.5 if named else 1) * (0.5 if contact else 1)
    return Scene(kind, f"label {label.name} {label.score:.2f}", min(_MAX, round(1 - doubt, 2)))


def _is_undecided(analysis: Analysis) -> bool:
    """Whether it is left to the text: by the labels, or by an entity of the web that is a shop's. That
    alone is no proof: pictures of a dish are on the pages of restaurants."""
    return not (
        vocabulary.UNDECIDED_LABELS.isdisjoint(_words(analysis.labels))
        and vocabulary.STORE_LABELS.isdisjoint(_words(analysis.web))
    )


def _words(seen: Sequence[Scored]) -> Iterator[str]:
    return (word for one in seen for word in one.name.lower().split())
