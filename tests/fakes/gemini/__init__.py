"""A Gemini API that is as strict as Google's and never costs anything: see `server.py` for what it checks."""

from tests.fakes.gemini.behaviour import Behaviour
from tests.fakes.gemini.server import MODEL, FakeGemini, serve

__all__ = ["MODEL", "Behaviour", "FakeGemini", "serve"]
