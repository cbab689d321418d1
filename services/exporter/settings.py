"""What the exporter reads from the environment."""

from shared.settings import CommonSettings


class ExporterSettings(CommonSettings, frozen=True, kw_only=True):
    """Nothing of its own yet: its port serves exports, too."""
