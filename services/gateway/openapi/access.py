"""What the endpoints of keys and the audit log take and reply as `data`."""

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from services.gateway.openapi.words import BATCH_ID, Count, When

KeyId: TypeAlias = Annotated[UUID, Meta(examples=["7d9f2c1e-5b1a-4c55-9d60-3f0f3f7c8a11"])]
KeyName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, examples=["nightly import"])]
KeyRole: TypeAlias = Literal["viewer", "operator", "admin"]
AuditId: TypeAlias = Annotated[int, Meta(ge=1, examples=[4711])]


class KeyWanted(Struct):
    name: KeyName
    role: KeyRole


class ApiKey(Struct):
    key_id: KeyId
    name: KeyName
    role: KeyRole
    created_at: When
    created_by: Annotated[str, Meta(examples=["local"], description="The name of the key that made it")]
    last_used_at: Annotated[When | None, Meta(description="True to about a minute")]
    revoked_at: When | None


class ApiKeyMade(ApiKey):
    key: Annotated[str, Meta(examples=["ia_..."], description="Shown here and never again")]


class ApiKeys(Struct):
    keys: list[ApiKey]
    count: Count


class AuditEntry(Struct):
    id: AuditId
    at: When
    actor: Annotated[str, Meta(examples=["nightly import"], description="A key's name, local, or system")]
    key_id: KeyId | None
    role: Annotated[str, Meta(examples=["operator"])]
    address: Annotated[str, Meta(examples=["203.0.113.7"])]
    request_id: Annotated[str, Meta(examples=["0f8fad5bd9cb469fa16570867728950e"])]
    action: Annotated[str, Meta(examples=["pause"])]
    batch_id: Annotated[UUID, Meta(examples=[BATCH_ID])] | None
    outcome: Literal["done", "refused"]
    details: dict[str, Any]


class AuditPage(Struct):
    entries: list[AuditEntry]
    count: Count
    next_before: Annotated[AuditId | None, Meta(description="`before` of the next page; null on the last")]
