"""What anything that was raised means for a client (pure)."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.gateway import errors
from services.gateway.errors import ApiError
from shared import postgres, redis


def api_error_of(raised: Exception) -> ApiError:
    match raised:
        case ApiError():
            return raised
        case RequestValidationError():
            return errors.ValidationError(_sentence(raised))
        case HTTPException(status_code=404):
            return errors.NotFound("There is nothing at this address.")
        case HTTPException(status_code=405):
            return errors.MethodNotAllowed("This address does not take this method.")
        case HTTPException(status_code=status) if status < 500:
            return errors.ValidationError(str(raised.detail))
        case ClientDisconnect():
            return errors.ValidationError("The request was broken off.")
    if isinstance(raised, postgres.UNAVAILABLE):
        return errors.SystemUnavailable("The database does not answer. Try again in a moment.")
    if isinstance(raised, redis.UNAVAILABLE):
        return errors.SystemUnavailable("Redis does not answer. Try again in a moment.")
    return errors.ProcessingError("Something went wrong here; the log has it under this request id.")


def _sentence(raised: RequestValidationError) -> str:
    """The first of the faults: which parameter, and what is wrong with it."""
    first = raised.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return f"{name}: {first['msg']}."
