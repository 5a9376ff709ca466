"""`cannon-bot learn`: what Cannon Studio says of its API now, next to what the bot has built in. Spends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bot import __version__, commit
from bot.app.catalogue import DOCUMENT, documents_of
from bot.app.host import texts
from bot.cannon.client import CannonClient
from bot.cannon.discovery import LIST, Discovered, Discovery
from bot.cannon.estimates import Estimates
from bot.cannon.mcp import McpClient, McpError
from bot.catalogue import Catalogue, Operation, merge
from bot.catalogue.live import ApiChange, ChangeKind, Subject, changes
from bot.catalogue.operation import Model
from bot.errors import RESTART_MAY_HELP, CannonError, StartError, StoreError
from bot.prices.samples import PriceSample, price_samples
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import Settings
from bot.store.host.condition import read_times

FORMAT: Final = 1
"""Of the file; docs/operations.md describes it."""
OFFERINGS: Final = "list_offerings"
MASK: Final = "***"


@dataclass(slots=True, kw_only=True)
class Learned:
    """What was read, and how it differs from what is built in."""

    sources: dict[str, str] = field(default_factory=dict)
    """What became of each source, in words."""
    document: Mapping[str, Any] | None = None
    found: Discovered = field(default_factory=Discovered)
    offerings: Any = None
    prices: list[dict[str, Any]] = field(default_factory=list)

    @property
    def catalogue(self) -> Catalogue:
        facts = dict(self.found.answers)
        if self.document is not None:
            facts[DOCUMENT] = json.dumps(self.document)
        return merge(Catalogue(), *documents_of(facts))


async def learn(
    settings: Settings, path: Path | None, *, with_estimates: bool, replaces: bool, clock: Clock, progress: Progress
) -> str:
    """Read what can be read, write it to `path` (default: a dated name), and return the differences as a page.

    Without a key, but for `with_estimates`, which asks the price of one input of each model. Raises StartError if
    nothing can be read, or the file is there already.
    """
    moment = datetime.fromtimestamp(clock.wall(), UTC)
    path = path or Path(f"cannon-studio-{moment:%Y-%m-%d}.json")
    if path.exists() and not replaces:
        raise StartError(texts.FILE_IS_THERE(path=path))
    key = settings.cannon_api_key if with_estimates else None
    if with_estimates and key is None:
        raise StartError(texts.NO_KEY_TO_ASK_WITH)
    learned = await _read(settings, None if key is None else key.get_secret_value(), clock, progress)
    rows = list(differences(learned.catalogue))
    _write(path, learned, rows, settings, moment)
    return texts.learned_page(learned.sources, [(each.what, each.of, each.built_in, each.live) for each in rows], path)


async def _read(settings: Settings, key: str | None, clock: Clock, progress: Progress) -> Learned:
    learned, mcp = Learned(), McpClient(settings.cannon_api_url)
    try:
        progress(texts.READING, 0, 0)
        async with CannonClient(settings.cannon_api_url, clock=clock) as client:
            await _read_document(learned, client)
        discovery = Discovery(mcp)
        learned.found = await discovery.read(learned.catalogue)
        learned.sources |= texts.tools_read(learned.found)
        try:
            learned.offerings = (await mcp.call(OFFERINGS, {}, logs=False)).parts
            learned.sources[OFFERINGS] = texts.READ
        except McpError as error:
            learned.sources[OFFERINGS] = texts.NOT_READ(reason=error.reason)
        if learned.document is None and not learned.found.answers:
            raise StartError(texts.nothing_read(learned.sources), exit_code=RESTART_MAY_HELP)
        if key is not None:
            await _read_prices(learned, mcp, key, progress)
    finally:
        await mcp.aclose()
    return learned


async def _read_document(learned: Learned, client: CannonClient) -> None:
    try:
        answer = await client.openapi(None)
    except CannonError as error:
        learned.sources["openapi"] = texts.NOT_READ(reason=error.status or type(error).__name__)
        return
    learned.document = None if answer is None else answer.document
    learned.sources["openapi"] = texts.READ


async def _read_prices(learned: Learned, mcp: McpClient, key: str, progress: Progress) -> None:
    samples = [each for operation in learned.catalogue.operations.values() for each in price_samples(operation)]
    estimates, done = Estimates(mcp), 0
    for sample in samples:
        progress(texts.PRICING, done, len(samples))
        answer = await estimates.ask(key, sample.operation, sample.input)
        done += 1
        if answer.credits is not None:
            learned.prices.append(_price(sample, answer.credits))
    progress(texts.PRICING, done, len(samples))
    learned.sources["prices"] = texts.prices_read(len(learned.prices), len(samples))


def _price(sample: PriceSample, credits_: Decimal) -> dict[str, Any]:
    about = {"operation": sample.operation, "model": sample.model or None, "input": dict(sample.input)}
    return about | {"credits": f"{credits_.normalize():f}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row of the table. `built_in` is '' for what is new."""

    what: str
    of: str
    built_in: str
    live: str


def differences(present: Catalogue) -> Iterator[Difference]:
    """Return what differs from the built-in operations: ids, models, then fields."""
    built_in = Catalogue()
    found = changes(built_in, present)
    for operation in built_in.operations.values():
        yield from _of_operation(operation, present)
    for each in found:
        if each.subject is Subject.OPERATION and each.kind is not ChangeKind.CHANGED:
            yield Difference(what="operation", of=each.operation, built_in="", live=each.kind.value)
    for each in found:
        if each.subject is Subject.FIELD:
            yield Difference(what="field", of=each.operation, built_in="", live=_words(each))


def _of_operation(operation: Operation, present: Catalogue) -> Iterator[Difference]:
    now = present.resolve(operation.id)
    if now.id != operation.id:
        yield Difference(what="operation", of=operation.title, built_in=operation.id, live=now.id)
    offered = {model.name for model in now.models if model.offered}
    for model in now.models:
        of, known, live = f"{now.id}: {model.name}", _former(operation, model), model.id or texts.ID_NOT_KNOWN
        before = "" if known is None else known.id or texts.ID_NOT_KNOWN
        if model.offered and before != live:
            yield Difference(what="model", of=of, built_in=before, live=live)
        elif not model.offered and model.name not in offered:
            yield Difference(what="model", of=of, built_in=before, live=texts.NOT_LISTED)


def _former(operation: Operation, model: Model) -> Model | None:
    """Return the built-in model of that id, else of that name."""
    by_id = (each for each in operation.models if each.id is not None and each.id == model.id)
    return next(by_id, next((each for each in operation.models if each.name == model.name), None))


def _words(change: ApiChange) -> str:
    return change.sentence.partition(": ")[2] or change.sentence


def _write(path: Path, learned: Learned, rows: list[Difference], settings: Settings, moment: datetime) -> None:
    answers: dict[str, dict[str, Any]] = {}
    for (tool, subject), body in learned.found.answers.items():
        answers.setdefault(tool, {})[subject] = json.loads(body)
    report = {
        "format": FORMAT,
        "read_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "bot": f"{__version__} ({commit()})",
        "api": settings.cannon_api_url,
        "sources": learned.sources,
        "openapi": learned.document,
        "answers": {LIST: answers.pop(LIST, {}).get(""), **answers, OFFERINGS: learned.offerings},
        "differences": [{name: getattr(each, name) for name in Difference.__slots__} for each in rows],
        "prices": learned.prices,
    }
    text = json.dumps(report, indent=1, ensure_ascii=False)
    for secret in settings.secrets():
        text = text.replace(json.dumps(secret)[1:-1], MASK)
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise StartError(texts.NOT_WRITTEN(path=path, reason=error.strerror)) from None


def discovery_state(settings: Settings, now: float) -> str:
    """Return when the bot last read what Cannon Studio publishes; '' without a database with its tables. Blocks."""
    try:
        return texts.discovered(read_times(settings.database), now)
    except StoreError:
        return ""
