"""The fixtures of all tests: servers and whole systems."""

from tests.servers import database_url, kafka, redis_url, servers, template, topic_prefix

__all__ = ["database_url", "kafka", "redis_url", "servers", "template", "topic_prefix"]
