"""One sentence that says what a picture shows, for a person who reads the table and not the picture."""

from collections.abc import Sequence

from services.analyzer.analysis import Analysis
from services.analyzer.contacts import Contact
from services.analyzer.layout import Scene
from services.analyzer.namelike import HOURS

_SEEN = 3  # labels that a sentence names
_CONTACTS = {
    "phone": "a phone number",
    "email": "a mail address",
    "web": "a web address",
    "social": "a social handle",
}


def describe(analysis: Analysis, scene: Scene, name: str | None, contacts: Sequence[Contact]) -> str:
    """One English sentence, ended by a full stop."""
    match scene.kind:
        case "store":
            subject = f"Shop sign of {name}" if name else "Shop sign without a readable name"
            return _sentence(subject + _shown(analysis, contacts), _seen(analysis))
        case "document" | "receipt" | "price list" | "chart":
            return _sentence(f"A {scene.kind} with {_lines(len(analysis.lines))}", "")
        case "other":
            text = f"with {_lines(len(analysis.lines))}" if analysis.lines else "without readable text"
            return _sentence(f"A picture {text}", _seen(analysis))


def _sentence(subject: str, seen: str) -> str:
    return f"{subject}; it shows {seen}." if seen else f"{subject}."


def _lines(count: int) -> str:
    return "a line of text" if count == 1 else f"{count} lines of text"


def _shown(analysis: Analysis, contacts: Sequence[Contact]) -> str:
    parts = list(dict.fromkeys(_CONTACTS[contact.kind] for contact in contacts))
    if HOURS.search(analysis.text):
        parts.append("opening hours")
    return f" with {_listed(parts)}" if parts else ""


def _seen(analysis: Analysis) -> str:
    """A landmark by its name, labels by theirs; what is not for everyone is said."""
    landmarks = [landmark.name for landmark in analysis.landmarks[:1]]
    seen = _listed(landmarks + [label.name.lower() for label in analysis.labels[: _SEEN - len(landmarks)]])
    return f"{seen} ({_listed(analysis.unsafe)} content)" if seen and analysis.unsafe else seen


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)
