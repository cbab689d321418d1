"""A Vision API that is as strict as Google's and never costs anything: see `server.py` for what it checks."""

from tests.fakes.vision.behaviour import Behaviour
from tests.fakes.vision.journal import Log, read_log
from tests.fakes.vision.payments import assert_paid_once
from tests.fakes.vision.server import FakeVision, serve

__all__ = ["Behaviour", "FakeVision", "Log", "assert_paid_once", "read_log", "serve"]
