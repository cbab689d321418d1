"""What the monitor reads from the environment."""

from shared.settings import CommonSettings


class MonitorSettings(CommonSettings, frozen=True, kw_only=True):
    """Nothing of its own."""
