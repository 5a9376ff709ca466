"""Each ended job's life as an OpenTelemetry trace, sent by OTLP over HTTP if the host has set where to.

The trace has the id of the job's log lines. No member's words, no keys, and no ids of people or servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import secrets
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, Protocol

import structlog

from bot.domain.models import Job
from bot.errors import StoreError
from bot.runtime.process import ProcessIdentity
from bot.store import Store
from bot.store.host.jobs import JobOnFile
from bot.store.host.timeline import events_of, spans_of

log = structlog.get_logger(__name__)

PATH = "/v1/traces"
"""Of an OTLP endpoint (opentelemetry.io/docs/specs/otel/protocol/exporter)."""
SERVICE = "cannon-bot"
LIBRARIES = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
"""Of the extra `otel`."""
SEND_S = 5.0
"""Timeout of one request."""
CLOSE_S = 2.0
"""How long a stop waits for the last traces."""

Spawn = Callable[[Coroutine[Any, Any, None], str], None]


class SpanTracer(Protocol):
    """OpenTelemetry's tracer, as far as it is used."""

    def start_span(self, name: str, **options: Any) -> Any: ...


class JobTraceIds:
    """OpenTelemetry's id generator: a trace has the id of its job."""

    trace_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return secrets.randbits(64) or 1

    def is_trace_id_random(self) -> bool:
        return False


class JobTraces:
    """Sends the traces. A collector that does not answer costs nothing but them."""

    def __init__(self, store: Store, provider: Any, ids: JobTraceIds, spawn: Spawn) -> None:
        """`provider`: OpenTelemetry's, with `ids` as its generator."""
        self._store, self._provider, self._ids, self._spawn = store, provider, ids, spawn
        self._tracer: SpanTracer = provider.get_tracer(SERVICE)

    def ended(self, job: Job) -> None:
        """Send the job's trace soon."""
        if job.trace:
            self._spawn(self._send(job), f"trace-{job.id}")

    async def _send(self, job: Job) -> None:
        try:
            found = await self._store.host_jobs.find(job.id)
        except StoreError as error:
            log.info("trace.not_sent", error=error.sentence)
            return
        if found is not None:
            self._ids.trace_id = int(found.job.trace, 16)
            draw(self._tracer, found)

    async def aclose(self) -> None:
        """Send the last traces."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.to_thread(self._provider.shutdown)


def open_traces(
    endpoint: str, headers: Mapping[str, str], *, store: Store, identity: ProcessIdentity, spawn: Spawn
) -> JobTraces:
    """Return what sends traces to an OTLP endpoint, a base URL. Raises ImportError without the extra `otel`."""
    sdk, exporter = (importlib.import_module(name) for name in LIBRARIES)
    resource = importlib.import_module("opentelemetry.sdk.resources").Resource.create(
        {
            "service.name": SERVICE,
            "service.version": identity.version,
            "service.instance.id": identity.name,
            "cannon_bot.role": identity.role,
            "cannon_bot.commit": identity.revision,
        }
    )
    ids = JobTraceIds()
    provider = sdk.TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    out = exporter.OTLPSpanExporter(endpoint=endpoint + PATH, headers=dict(headers), timeout=SEND_S)
    provider.add_span_processor(importlib.import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(out))
    return JobTraces(store, provider, ids, spawn)


def draw(tracer: SpanTracer, found: JobOnFile) -> None:
    """Draw an ended job: a span for its life, with the events of its timeline, and one for each stretch of it."""
    api = importlib.import_module("opentelemetry.trace")
    job, events = found.job, events_of(found)
    root = tracer.start_span(
        f"job {job.operation}",
        context=importlib.import_module("opentelemetry.context").Context(),
        start_time=_nanoseconds(job.created_at),
        attributes=dict(_facts(found)),
    )
    for each in events:
        facts = {"process": each.process, "outcome": each.outcome, "times": each.times, "status": each.status}
        known = {f"cannon_bot.{name}": value for name, value in facts.items() if value not in {"", None}}
        root.add_event(each.kind, known, timestamp=_nanoseconds(each.at))
    inside = api.set_span_in_context(root)
    for span in spans_of(found, events[-1].at):
        facts = {"cannon_bot.process": span.process, "cannon_bot.cause": span.cause}
        stretch = tracer.start_span(
            span.stage.value,
            context=inside,
            start_time=_nanoseconds(span.since),
            attributes={name: value for name, value in facts.items() if value},
        )
        stretch.end(_nanoseconds(span.until))
    root.end(_nanoseconds(events[-1].at))


def _facts(found: JobOnFile) -> Iterator[tuple[str, Any]]:
    job = found.job
    yield "cannon_bot.job", job.id
    yield "cannon_bot.operation", job.operation
    yield "cannon_bot.state", job.state.value
    yield "cannon_bot.practice", job.practice
    yield "cannon_bot.attempts", job.attempts
    yield "cannon_bot.process", found.follower.process


def _nanoseconds(at: float) -> int:
    return int(at * 1_000_000_000)
