"""Structured logs, JSON or readable, that cannot print a secret."""

import logging
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_HIDDEN = "[hidden]"
_SPARSE_SECONDS = 10.0
log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Redactor:
    """Replaces every known secret in every value, however deep, before a line is rendered."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: list[str] = []
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """The longest first: a secret may be the beginning of another."""
        known = {*self._secrets, *filter(None, secrets)}
        self._secrets = sorted(known, key=len, reverse=True)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: self.redact(value) for key, value in event.items()} if self._secrets else event

    def redact(self, value: Any) -> Any:
        if isinstance(value, int | float | None):
            return value
        text = value if isinstance(value, str) else repr(value)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


class Sparse(logging.Filter):
    """Lets a library say the same thing once in ten seconds: aiokafka writes a thousand lines about a
    broker that was away for a few. What the services say themselves is never left out."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        same = record.name, str(record.msg)
        told = self._said.get(same, -_SPARSE_SECONDS)
        if record.created - told < _SPARSE_SECONDS:
            return False
        self._said[same] = record.created
        return True


_redactor = Redactor(())


def hide(secrets: Iterable[str]) -> None:
    """What no line of this process may show from now on."""
    _redactor.add(secrets)


def configure(service: str, instance: str, log_format: str, level: str, secrets: Iterable[str]) -> None:
    """Every line, the libraries' included, goes to standard error through the same redaction.

    Batch, chunk and slice ids come from structlog's context variables, bound where work begins."""
    global _redactor
    _redactor = Redactor(secrets)
    readable = log_format == "text"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redactor,
        structlog.dev.ConsoleRenderer(colors=False) if readable else structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("aiokafka", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    handler.addFilter(Sparse())
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
