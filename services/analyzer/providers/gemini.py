"""Google's Gemini: a model that looks at one picture a call and answers in a form of ours.

google-genai has habits that a quota does not allow: by default it sends a call again when a connection
breaks, and asks on by itself when an answer is long. Both are off here. A deadline in its own options is also
sent to the server, which refuses fewer than 10 s; so calls are bounded here."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
from google import genai
from google.genai import types
from google.genai.errors import APIError

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.gemini_answers import analysis_of
from services.analyzer.providers.gemini_errors import failure_of
from services.analyzer.providers.gemini_question import INSTRUCTION, MAX_ANSWER_TOKENS, SCHEMA
from services.analyzer.providers.google_common import check_key, is_loopback
from services.analyzer.sniff import SIGNATURE_BYTES, format_of

_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# The client wants one, or takes one out of the environment. Each call has its own.
_NO_KEY = "each call has its own"
_CONFIG = types.GenerateContentConfig(
    # No temperature: Gemini 3.5 ignores it, and 3 repeats itself below its default.
    system_instruction=INSTRUCTION,
    response_mime_type="application/json",
    response_json_schema=SCHEMA,  # as `response_schema` it would be copied each time: 1.2 ms CPU a call
    max_output_tokens=MAX_ANSWER_TOKENS,
    candidate_count=1,
    automatic_continuation=False,
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


class GeminiProvider:
    """`endpoint` is a URL, http only on a loopback address. Make it inside the running event loop and close
    it there."""

    name = "gemini"
    max_images = 1
    formats = frozenset(_FORMATS)
    most_bytes = 12_000_000  # google-genai holds five copies; 25 calls of usual pictures have 1 MB
    at_once: int | None = None
    needs_key = True

    def __init__(self, model: str, endpoint: str) -> None:
        self._model = model
        self._answered = False
        base, trust_env = _base_of(endpoint)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trust_env=trust_env
        )
        self._client = genai.Client(
            vertexai=False,
            api_key=_NO_KEY,
            http_options=types.HttpOptions(
                base_url=base,
                api_version="v1beta",
                aiohttp_client=self._session,
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        )

    async def annotate(
        self, images: Sequence[bytes], key: str, deadline: float
    ) -> list[Analysis | ImageFailure]:
        """See `Provider`. One call with one picture."""
        check_key(key)
        (content,) = images
        kind = _FORMATS.get(format_of(content[:SIGNATURE_BYTES]))
        if kind is None:
            return [ImageFailure("The file is not a picture that can be read.")]
        answer = await self._answer(types.Part.from_bytes(data=content, mime_type=kind), key, deadline)
        return [answer if isinstance(answer, ImageFailure) else analysis_of(answer, self._model)]

    async def close(self) -> None:
        await self._client.aio.aclose()
        self._client.close()
        await self._session.close()

    async def _answer(
        self, picture: types.Part, key: str, deadline: float
    ) -> types.GenerateContentResponse | ImageFailure:
        try:
            async with asyncio.timeout(deadline):
                answer = await self._client.aio.models.generate_content(
                    model=self._model, contents=picture, config=_with(key)
                )
                self._answered = True
                return answer
        except TimeoutError:
            failure: CallFailed | ImageFailure = CallFailed(
                Refusal.TIMEOUT, f"Gemini did not answer in {deadline:.0f} s"
            )
        except APIError as error:
            failure = failure_of(error, key, answered=self._answered)
        except (aiohttp.ClientError, OSError) as error:
            failure = CallFailed(Refusal.UNAVAILABLE, f"Gemini can't be reached ({type(error).__name__})")
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            # The library takes a reply for what it should be, whatever stands between it and Google.
            failure = CallFailed(Refusal.UNAVAILABLE, f"Gemini's reply is none ({type(error).__name__})")
        # Outside the except blocks: the errors quote what Google said, and Google quotes keys.
        if isinstance(failure, CallFailed):
            raise failure
        return failure


def _with(key: str) -> types.GenerateContentConfig:
    return _CONFIG.model_copy(update={"http_options": types.HttpOptions(headers={"x-goog-api-key": key})})


def _base_of(endpoint: str) -> tuple[str, bool]:
    """The URL, and whether proxies of the environment are for it: not for this machine's own ports. Raises
    ValueError."""
    parts = urlsplit(endpoint)
    here = is_loopback(parts.hostname or "")
    if not parts.hostname or parts.scheme not in ("https", "http" if here else "https"):
        raise ValueError(f"GEMINI_ENDPOINT must be a URL that begins with https://, not {endpoint!r}")
    return endpoint, not here
