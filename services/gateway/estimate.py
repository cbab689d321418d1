"""What analysing pictures will cost, and when it would be done (pure)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from services.gateway import timing
from shared.price import Price, dollars

_IMAGES_A_CALL = 16


class Outlook(NamedTuple):
    """`waiting` rows of other batches come before; `per_minute` images can be done, None: not known."""

    waiting: int
    per_minute: float | None


def images_a_call(provider: str) -> int:
    """The most that one call takes: Gemini looks at one."""
    return 1 if provider == "gemini" else _IMAGES_A_CALL


def calls_for(images: int, a_call: int) -> int:
    return -(-images // a_call)


def quota_per_minute(keys: Iterable[tuple[str, str]], calls_per_minute: int, a_call: int) -> float:
    """Images a minute that the keys' quota allows, each given as (group, secret): a key without a group is
    its own."""
    groups = {(group, "") if group else ("", secret) for group, secret in keys}
    return float(len(groups) * calls_per_minute * a_call)


def cost(images: int, price: Price) -> dict[str, Any]:
    """Rounded to cents."""
    amount = round(dollars(images * price.estimate), 2)
    return {"amount": amount, "currency": "USD", "price_per_1000": dollars(1_000 * price.estimate)}


def completion(now: datetime, images: int, outlook: Outlook) -> dict[str, Any]:
    """When so many images would be done, if they were sent now: null where no rate is known."""
    if not outlook.per_minute:
        return {"estimated_completion": None, "estimated_minutes": None}
    minutes = (outlook.waiting + images) / outlook.per_minute
    return {
        "estimated_completion": timing.after_minutes(now, minutes),
        "estimated_minutes": round(minutes, 2),
    }
