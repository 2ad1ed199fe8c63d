"""One reply: the model is asked, its tools are called, it is asked again, until it has nothing more to look up."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from autoarr.chat import history, limits, store
from autoarr.chat.events import Asked, Done, Failed, Spent, Started, Text, ToolAnswer, ToolCall, Used, Waiting
from autoarr.chat.model import Answer, Model, ModelFailed
from autoarr.chat.prices import cost_micros, find_price
from autoarr.chat.prompt import describe_tools, system_prompt
from autoarr.tools import registry
from autoarr.tools.fencing import Own
from autoarr.tools.model import ToolError, UnknownTool
from autoarr.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from autoarr.accounts.principal import Principal
    from autoarr.chat.events import ChatEvent, Stop
    from autoarr.chat.history import Block
    from autoarr.chat.limits import Total
    from autoarr.chat.prices import Usage
    from autoarr.chat.store import Begun
    from autoarr.context import Context
    from autoarr.events.bus import Subscription

RENEW_S = 10.0
"""Seconds between two renewals of the lease, at which it is also seen that it was taken back."""
MOST_CALLS = 16
"""Tools of one answer of the model that are called."""
_TOOL_S = 120.0

_SIMPLY: tuple[Stop, str | None] = ("end", None)
_STOPS: dict[str, tuple[Stop, str | None]] = {
    "max_tokens": ("max_tokens", "The answer was cut off: one call may give no more (AUTOARR_CHAT_OUTPUT_TOKENS)."),
    "model_context_window_exceeded": ("context", "The conversation is too long for the model: start another one."),
    "refusal": ("refusal", "The model refused to answer this."),
}

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Reply:
    """A reply that is being made.

    Args:
        emit: gets every event; None is the end.
    """

    def __init__(
        self, context: Context, principal: Principal, begun: Begun, emit: Callable[[ChatEvent | None], None]
    ) -> None:
        self._context = context
        self._principal = principal
        self._lease = begun.lease
        self._messages = begun.messages
        self._emit = emit
        self._title = begun.title
        self._answer = Answer()
        self._ending = False
        self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End it where it is, and wait until what there is of it was kept."""
        self._cancel()
        await asyncio.wait({self._work})

    def _cancel(self) -> None:
        # Once, and not while it ends: that would interrupt what has to be done then.
        if not self._ending and not self._work.cancelling():
            self._work.cancel()

    async def _run(self) -> None:
        model = self._context.settings.chat_model
        self._emit(Started(conversation_id=self._lease.conversation_id, title=self._title, model=model))
        with self._context.bus.subscribe() as subscription:
            watch = asyncio.create_task(self._watch(subscription))
            last = await self._make()
            self._ending = True
            # Not cancelled: a renewal under way may be committed all the same, and then has to be known here.
            subscription.put(None)
            await asyncio.wait({watch})
        try:
            await store.release(self._context, self._lease)
        except Exception as error:  # noqa: BLE001 -- the lease ends by itself soon
            log.warning("a conversation could not be released: %s", type(error).__name__)
        # Only now: whoever has read it may go on in the same conversation.
        self._emit(last)
        self._emit(None)

    async def _make(self) -> Done | Failed:
        try:
            try:
                return await self._converse()
            except ModelFailed as failure:
                await self._close("broken", str(failure))
                return Failed(kind=failure.kind, message=str(failure), retry_after_s=failure.retry_after)
            except asyncio.CancelledError:
                return await self._end("cancelled", "The reply was cancelled.")
        except asyncio.CancelledError:  # while the failure was kept
            return Done(stop="cancelled", message=None)
        except store.Lost as lost:
            return Done(stop="cancelled", message=str(lost))
        except Exception as error:
            if is_unavailable(error):
                return Failed(kind="internal", message="The database doesn't answer; try again soon.")
            log.exception("a reply failed")
            return Failed(kind="internal", message="An unexpected error; AutoArr's logs tell more.")

    async def _watch(self, subscription: Subscription) -> None:
        """Keep the lease until the reply ends, somebody takes it back, deletes the conversation, or stops AutoArr."""
        while True:
            try:
                async with asyncio.timeout(RENEW_S):
                    event = await subscription.get()
            except TimeoutError:
                if not await self._renew():
                    break
                continue
            if event is None:
                break
            if event.kind == store.CANCELLED and event.data.get("id") == str(self._lease.conversation_id):
                break
        self._cancel()

    async def _renew(self) -> bool:
        try:
            return await store.renew(self._context, self._lease, _now())
        except Exception as error:
            if not is_unavailable(error):
                log.exception("a lease could not be renewed")
                return False
            return True  # whether it was taken back is judged by the next write; the database may be there by then

    async def _converse(self) -> Done:
        tools = registry.visible(self._principal.role)
        described, system = describe_tools(tools), system_prompt(self._principal, _now().date())
        settings = self._context.settings
        async with Model(settings, lambda seconds, why: self._emit(Waiting(seconds=seconds, reason=why))) as model:
            for _ in range(settings.chat_calls):
                used = await store.totals(self._context, self._lease, _now())
                if refusal := limits.reached(settings, *used):
                    return await self._end("limit", refusal)
                self._answer = answer = Answer()
                try:
                    messages = history.with_cache(history.for_api(self._messages))
                    await model.ask(system, messages, described, answer, lambda text: self._emit(Text(text=text)))
                finally:
                    await self._count(answer.usage)
                calls = [block for block in answer.content if block["type"] == "tool_use"]
                if answer.stop != "tool_use" or not calls:
                    return await self._end(*_STOPS.get(answer.stop or "", _SIMPLY))
                await self._keep("assistant", answer.content)
                self._answer = Answer()
                await self._keep("user", [await self._call_tool(*one) for one in enumerate(calls)])
        message = f"The model was asked {settings.chat_calls} times, which is as often as one message may cause."
        return await self._end("calls", f"{message} Say how to go on.")

    async def _call_tool(self, number: int, block: Block) -> Block:
        name, arguments = block["name"], block["input"] if isinstance(block["input"], dict) else {}
        try:
            tool = registry.find(self._principal.role, name)
            title, destructive = tool.title, tool.destructive
        except UnknownTool:
            title, destructive = name[:100], False
        self._emit(ToolCall(id=block["id"], name=name, title=title, arguments=arguments))
        try:
            if number >= MOST_CALLS:
                raise ToolError(Own(f"Not called: no more than {MOST_CALLS} at once."))
            async with asyncio.timeout(_TOOL_S):
                result = await registry.call(
                    self._context, self._principal, name, arguments, "chat", self._lease.conversation_id
                )
        except ToolError as error:
            data, ok = error.data, False
        except TimeoutError:
            data, ok = {"error": "failed", "message": f"It took longer than {_TOOL_S:g} s."}, False
        else:
            # The person has the confirmation; the model has no use for it.
            data, ok = {key: value for key, value in result.data.items() if key != "confirmation_id"}, True
            if result.confirmation_id is not None:
                self._emit(
                    Asked(
                        confirmation_id=result.confirmation_id,
                        tool=name,
                        title=title,
                        destructive=destructive,
                        preview=result.preview or {},
                    )
                )
        self._emit(ToolAnswer(id=block["id"], name=name, ok=ok, data=data))
        text = json.dumps(data, ensure_ascii=False)
        return {"type": "tool_result", "tool_use_id": block["id"], "content": text, "is_error": not ok}

    async def _keep(self, role: str, content: list[Block]) -> None:
        await store.append(self._context, self._lease, role, content, _now())
        self._messages.append({"role": role, "content": content})

    async def _end(self, stop: Stop, message: str | None) -> Done:
        await self._close(stop, message)
        return Done(stop=stop, message=message)

    async def _close(self, stop: str, message: str | None) -> None:
        """Keep what the model said last, and why it ends there."""
        answer, self._answer = self._answer, Answer()
        content = answer.content if stop == "end" else answer.spoken
        if message is not None:
            content = [*content, history.note(stop, message)]
        if content:
            await self._keep("assistant", content)

    async def _count(self, usage: Usage) -> None:
        """Count a call, and tell."""
        if not usage.total:
            return
        settings = self._context.settings
        price = find_price(settings)
        micros = cost_micros(price, usage)
        calls, conversation, day = await store.count(self._context, self._lease, usage, micros, _now())
        self._emit(
            Used(
                input_tokens=usage.prompt,
                output_tokens=usage.output,
                cached_tokens=usage.cached,
                cost_usd=None if price is None else micros / limits.MICROS,
                estimated=usage.estimated,
                calls=calls,
                conversation=self._spent(
                    conversation, settings.chat_conversation_tokens, settings.chat_conversation_usd
                ),
                day=self._spent(day, settings.chat_day_tokens, settings.chat_day_usd),
            )
        )

    def _spent(self, total: Total, tokens: int, usd: float) -> Spent:
        cost = limits.dollars(self._context.settings, total.micros)
        return Spent(tokens=total.tokens, cost_usd=cost, limit_tokens=tokens, limit_usd=usd)
