"""One call of a model over the Anthropic API: its words as they come, and what is worth another try."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autoarr.chat.prices import Usage
from autoarr.errors import AutoArrError, describe
from autoarr.tools.fencing import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anthropic import APIStatusError, AsyncAnthropic
    from tenacity import RetryCallState

    from autoarr.chat.events import Fault
    from autoarr.chat.history import Block, Message
    from autoarr.settings import Settings

ATTEMPTS = 3
LONGEST_WAIT_S = 30.0
"""What the API may ask to wait; a person would rather hear of more."""
CONNECT_S, SILENCE_S, CALL_S = 5.0, 60.0, 300.0
"""Seconds to connect, without a byte (the API sends pings), and for one call altogether."""
_CHARACTERS_PER_TOKEN = 3
"""Of what came before a call was cut off; rather too few."""

log = logging.getLogger(__name__)
sleep = asyncio.sleep


class ModelFailed(AutoArrError):
    """The model gave no answer, or not all of it.

    Attributes:
        kind: for a program.
        retry_after: seconds, where the API said so or it is worth another try.
        again: whether the same may go well in a moment.
    """

    def __init__(self, kind: Fault, message: str, *, retry_after: float | None = None, again: bool = False) -> None:
        super().__init__(message)
        self.kind: Fault = kind
        self.retry_after = retry_after
        self.again = again


@dataclass
class Answer:
    """What came so far; complete once `stop` says why it ended.

    Attributes:
        content: its blocks; of an unfinished answer only the text so far.
        usage: of all tries.
    """

    content: list[Block] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    stop: str | None = None

    @property
    def spoken(self) -> list[Block]:
        """Its texts: all that is kept of an answer that was cut off."""
        return [block for block in self.content if block["type"] == "text" and block["text"].strip()]


class Model:
    """The configured model; a context manager, because of its connections.

    Args:
        on_waiting: is told of a pause of so many seconds, and why.
    """

    def __init__(self, settings: Settings, on_waiting: Callable[[float, str], None]) -> None:
        assert settings.anthropic_api_key is not None  # noqa: S101 -- narrows a type
        self._settings = settings
        self._key = settings.anthropic_api_key.get_secret_value()
        self._on_waiting = on_waiting
        self._client: AsyncAnthropic | None = None

    async def __aenter__(self) -> Model:
        # Beside the event loop: the SDK's many modules and the system's certificates take a while.
        self._client = await asyncio.to_thread(self._open)
        return self

    def _open(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic
        from httpx2 import Timeout

        # What it tells for debugging is whole conversations.
        logging.getLogger("anthropic").setLevel(logging.INFO)
        client = AsyncAnthropic(
            api_key=self._key,
            base_url=self._settings.anthropic_base_url,
            timeout=Timeout(SILENCE_S, connect=CONNECT_S),
            max_retries=0,  # the SDK would wait for as long as it is told to
        )
        _ = client.messages  # in the images, most of it is imported by this
        return client

    async def __aexit__(self, *arguments: object) -> None:
        if self._client is not None:
            await self._client.close()

    async def ask(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        answer: Answer,
        on_text: Callable[[str], None],
    ) -> None:
        """Have the model answer; `answer` is filled while it does, so that a part of it is there whatever happens.

        Raises:
            ModelFailed: after further tries where nothing was said yet and the failure may pass.
        """
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt
        from tenacity.wait import wait_exponential_jitter

        backoff = wait_exponential_jitter(initial=1, max=8, jitter=1)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, ModelFailed) else None
            return backoff(state) if asked is None else asked

        def on_sleep(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            self._on_waiting(round(state.upcoming_sleep, 1), str(error))

        def is_worth_it(error: BaseException) -> bool:
            if not isinstance(error, ModelFailed) or not error.again or answer.spoken:
                return False
            return (error.retry_after or 0) <= LONGEST_WAIT_S

        async def attempt() -> None:
            try:
                async with asyncio.timeout(CALL_S):
                    await self._stream(system, messages, tools, answer, on_text)
            except Exception as error:  # noqa: BLE001 -- an SDK's, a transport's or a parser's: told by what it is
                raise self._explain(error) from None

        retrying = AsyncRetrying(
            sleep=sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait,
            retry=retry_if_exception(is_worth_it),
            before_sleep=on_sleep,
            reraise=True,
        )
        await retrying(attempt)

    async def _stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        answer: Answer,
        on_text: Callable[[str], None],
    ) -> None:
        assert self._client is not None  # noqa: S101 -- narrows a type: it was entered
        request: Any = {
            "model": self._settings.chat_model,
            "max_tokens": self._settings.chat_output_tokens,
            "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
            "messages": list(messages),
            "tools": list(tools),
        }
        async with self._client.messages.stream(**request) as stream:
            began = ended = False
            try:
                async for event in stream:
                    began = began or event.type == "message_start"
                    ended = ended or event.type == "message_stop"
                    if event.type == "text":
                        on_text(event.text)
            finally:
                if began:
                    _take(stream.current_message_snapshot, answer, ended=ended)
        if not ended:
            raise ModelFailed("broken", "The model's answer broke off.", again=True)

    def _explain(self, error: Exception) -> ModelFailed:
        import anthropic

        if isinstance(error, ModelFailed):
            return error
        if isinstance(error, anthropic.APIStatusError):
            return self._explain_status(error)
        # The SDK's own error only says that there was one.
        said = describe(error.__cause__ or error, [self._key])
        log.warning("%s gave no answer: %s", self._settings.anthropic_base_url, said)
        if isinstance(error, TimeoutError):
            return ModelFailed("broken", f"The model's answer took longer than {CALL_S:g} s.")
        if isinstance(error, anthropic.APITimeoutError):
            return ModelFailed("unreachable", "The Anthropic API did not answer in time.", again=True)
        if isinstance(error, anthropic.APIConnectionError):
            return ModelFailed("unreachable", "The Anthropic API can't be reached; the logs tell why.", again=True)
        return ModelFailed("broken", "The model's answer broke off.", again=True)

    def _explain_status(self, error: APIStatusError) -> ModelFailed:
        # Before it is cut: not even a part of the key is to be in it.
        said = clean((error.api_message or "").replace(self._key, "***"))
        status = error.status_code
        log.warning("the Anthropic API answered %d %s: %s", status, error.type or "", said)
        if error.type == "overloaded_error" or status == 529:
            return ModelFailed("overloaded", "The Anthropic API is overloaded.", retry_after=_wait(error), again=True)
        if error.type == "rate_limit_error" or status == 429:
            message = "The Anthropic API's rate limit is reached."
            return ModelFailed("rate_limited", message, retry_after=_wait(error), again=True)
        if status in (401, 403):
            return ModelFailed("key", f"The Anthropic API refuses the key in AUTOARR_ANTHROPIC_API_KEY: {said}")
        if status == 404:
            return ModelFailed("model", f"The Anthropic API has no model {self._settings.chat_model}: {said}")
        if status == 200 or status >= 500 or status in (408, 409):
            message = f"The Anthropic API failed: {said or status}"
            return ModelFailed("unreachable", message, retry_after=_wait(error), again=True)
        return ModelFailed("request", f"The Anthropic API refused the request: {said or status}")


def _wait(error: APIStatusError) -> float | None:
    """What the API asks to wait, in seconds; where it says nothing that can be read, None."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _take(message: Any, answer: Answer, *, ended: bool) -> None:
    """Put what came into an answer."""
    used = message.usage
    # How much was written is said at the very end.
    estimated = message.stop_reason is None
    written = sum(len(getattr(block, name, "") or "") for block in message.content for name in ("text", "thinking"))
    answer.usage += Usage(
        input=used.input_tokens,
        output=max(used.output_tokens, written // _CHARACTERS_PER_TOKEN) if estimated else used.output_tokens,
        cached=used.cache_read_input_tokens or 0,
        stored=used.cache_creation_input_tokens or 0,
        estimated=estimated,
    )
    blocks = [kept for block in message.content if (kept := _keep(block)) is not None]
    answer.content = blocks if ended else [block for block in blocks if block["type"] == "text"]
    answer.stop = (message.stop_reason or "end_turn") if ended else None


def _keep(block: Any) -> Block | None:
    """A block as it goes back to the API with the next message."""
    match block.type:
        case "text":
            return {"type": "text", "text": block.text}
        case "tool_use":
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
        case "thinking":
            return {"type": "thinking", "thinking": block.thinking, "signature": block.signature}
        case "redacted_thinking":
            return {"type": "redacted_thinking", "data": block.data}
    return None
