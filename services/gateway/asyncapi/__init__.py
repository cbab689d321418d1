"""The public events for subscribers: a JSON Schema of each, and the AsyncAPI document."""
