"""What the endpoints of the system reply as `data`."""

from typing import Literal

from msgspec import Struct

from services.gateway.openapi.words import Count, Number


class Pong(Struct):
    pong: Literal[True]


class Config(Struct):
    chunk_size: Number
    max_concurrent_batches: Count
    max_concurrent_workers: Count
    max_concurrent_requests: Count
    max_upload_mb: Count
    api_keys_count: Count


class SystemHealth(Struct):
    status: Literal["healthy", "unhealthy"]
    database: Literal["connected", "disconnected"]
    redis: Literal["connected", "disconnected"]
    kafka: Literal["connected", "disconnected"]
    version: str
    config: Config
