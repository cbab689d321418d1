"""The client of Image Analyzer Enterprise: `Client` and `AsyncClient`; docs/client.md has examples."""

from image_analyzer.aio import AsyncClient
from image_analyzer.client import Client
from image_analyzer.core import Retry
from image_analyzer.errors import (
    ApiError,
    AuthError,
    BatchNotFound,
    BatchStateError,
    ExportFailed,
    ImageAnalyzerError,
    NotFound,
    RateLimited,
    ServerError,
    SystemUnavailable,
    Unreachable,
    ValidationError,
    WaitTimeout,
)
from image_analyzer.models import (
    Batch,
    Change,
    Created,
    DryRun,
    ErrorAnalysis,
    ExportJob,
    Health,
    Progress,
    Result,
)
from image_analyzer.version import __version__

__all__ = [
    "ApiError",
    "AsyncClient",
    "AuthError",
    "Batch",
    "BatchNotFound",
    "BatchStateError",
    "Change",
    "Client",
    "Created",
    "DryRun",
    "ErrorAnalysis",
    "ExportFailed",
    "ExportJob",
    "Health",
    "ImageAnalyzerError",
    "NotFound",
    "Progress",
    "RateLimited",
    "Result",
    "Retry",
    "ServerError",
    "SystemUnavailable",
    "Unreachable",
    "ValidationError",
    "WaitTimeout",
    "__version__",
]
