"""Kafka, Postgres and Redis on a machine without Docker (docs/adr/0003-servers-without-docker.md)."""
