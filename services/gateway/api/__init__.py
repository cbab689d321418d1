"""The REST API, a router a topic."""
