"""Puts the use cases of generation together."""

from __future__ import annotations

from bot.catalogue import LiveCatalogue
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.again.next_steps import NextSteps
from bot.generation.again.reactions import Reactions
from bot.generation.again.rerun import Reruns
from bot.generation.again.retry import Retries
from bot.generation.again.shots import Shots
from bot.generation.generations import Generations, ModeratorQuestions
from bot.generation.own_defaults import OwnDefaults
from bot.generation.recipes.run import RecipeRuns
from bot.generation.recipes.typed import RecipeDrafts
from bot.generation.sources import Sources
from bot.generation.visible_jobs import VisibleJobs
from bot.jobs.admission import Admission
from bot.jobs.intake import JobService
from bot.runtime.clock import Clock
from bot.server.members import OwnSettings
from bot.server.operations import OperationSwitches
from bot.store import Store


class GenerationUseCases:
    """What members can do with generations. `generations` accepts what the others make."""

    def __init__(
        self,
        *,
        catalogue: LiveCatalogue,
        switches: OperationSwitches,
        sources: Sources,
        shots: Shots,
        admission: Admission,
        visible: VisibleJobs,
        jobs: JobService,
        store: Store,
        clock: Clock,
    ) -> None:
        self.shots, self.admission, self.visible = shots, admission, visible
        self.earlier = EarlierJobs(catalogue, store, visible)
        self.reruns = Reruns(catalogue=catalogue, switches=switches, earlier=self.earlier, store=store)
        self.next_steps = NextSteps(
            catalogue=catalogue, switches=switches, earlier=self.earlier, visible=visible, clock=clock
        )
        self.generations = Generations(
            catalogue=catalogue,
            sources=sources,
            last_frame=shots.last_frame,
            admission=admission,
            jobs=jobs,
            store=store,
            clock=clock,
        )
        self.questions = ModeratorQuestions(store, clock)
        self.retries = Retries(
            reruns=self.reruns,
            earlier=self.earlier,
            sources=sources,
            admission=admission,
            store=store,
            clock=clock,
            catalogue=catalogue,
        )
        self.reactions = Reactions(
            generations=self.generations,
            reruns=self.reruns,
            next_steps=self.next_steps,
            jobs=jobs,
            store=store,
            clock=clock,
        )
        self.recipe_runs = RecipeRuns(catalogue=catalogue, sources=sources, admission=admission)
        self.recipe_drafts = RecipeDrafts(catalogue=catalogue, store=store, clock=clock)
        self.own_defaults = OwnDefaults(catalogue, OwnSettings(store), store)
