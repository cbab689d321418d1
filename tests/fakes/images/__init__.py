"""An image server whose paths say how it behaves: see `routes.py`."""

from tests.fakes.images.server import ImageServer, serve

__all__ = ["ImageServer", "serve"]
