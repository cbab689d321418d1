"""What the endpoints of the provider's keys reply as `data`."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from services.gateway.openapi.words import Count, When

Fingerprint: TypeAlias = Annotated[
    str, Meta(examples=["362dd87963b0"], description="12 hex digits that tell a key and do not tell of it")
]
Group: TypeAlias = Annotated[str, Meta(examples=["shop"], description="The quota group")]
State: TypeAlias = Annotated[
    Literal["ok", "cooling", "probing", "quarantined", "paused", "retired"],
    Meta(
        description="cooling: its group was refused for the quota, and rests; probing: in one call at a time,"
        " for it never answered, or its group has just rested; quarantined: the provider called it bad;"
        " paused and retired: by an operator"
    ),
]
Reason: TypeAlias = Annotated[str, Meta(examples=["API key not valid."])]


class ProviderKey(Struct):
    fingerprint: Fingerprint
    group: Group | None
    state: State
    reason: Reason
    since: When | None
    until: Annotated[When | None, Meta(description="When a cooling or quarantined key is tried again")]
    calls_per_minute: Annotated[Count, Meta(description="Of its group now: refusals lower it, for a while")]
    changed_by: Annotated[str | None, Meta(description="The operator who paused or retired it")]
    is_configured: Annotated[bool, Meta(description="Whether it stands in the gateway's settings")]


class KeyEvent(Struct):
    at: When
    key: Fingerprint
    group: Group
    state: State
    reason: Reason
    worker: Annotated[str, Meta(examples=["analyzer-1"])]


class ProviderKeys(Struct):
    keys: list[ProviderKey]
    count: Count
    events: list[KeyEvent]


class ProviderKeyChanged(Struct):
    fingerprint: Fingerprint
    wanted: Literal["used", "paused", "retired"]
