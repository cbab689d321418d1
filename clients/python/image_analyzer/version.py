"""The version of this package, for pyproject.toml, for servers and for `image-analyzer --version`."""

__version__ = "0.1.0"
