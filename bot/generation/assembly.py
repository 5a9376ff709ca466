"""Puts the use cases of generation together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalogue import LiveCatalogue
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.again.next_steps import NextSteps, RewrittenPrompts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationUseCases:
    """What members can do with generations. `generations` accepts what the others make."""

    generations: Generations
    shots: Shots
    questions: ModeratorQuestions
    admission: Admission
    visible: VisibleJobs
    earlier: EarlierJobs
    reruns: Reruns
    retries: Retries
    next_steps: NextSteps
    rewritten_prompts: RewrittenPrompts
    reactions: Reactions
    recipe_runs: RecipeRuns
    recipe_drafts: RecipeDrafts
    own_defaults: OwnDefaults


def make_use_cases(
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
) -> GenerationUseCases:
    earlier = EarlierJobs(catalogue, store, visible)
    reruns = Reruns(catalogue=catalogue, switches=switches, earlier=earlier, store=store)
    next_steps = NextSteps(catalogue=catalogue, switches=switches, earlier=earlier, visible=visible, clock=clock)
    generations = Generations(
        catalogue=catalogue,
        sources=sources,
        last_frame=shots.last_frame,
        admission=admission,
        jobs=jobs,
        store=store,
        clock=clock,
    )
    return GenerationUseCases(
        generations=generations,
        shots=shots,
        questions=ModeratorQuestions(store, clock),
        admission=admission,
        visible=visible,
        earlier=earlier,
        reruns=reruns,
        retries=Retries(
            reruns=reruns,
            earlier=earlier,
            sources=sources,
            admission=admission,
            store=store,
            clock=clock,
            catalogue=catalogue,
        ),
        next_steps=next_steps,
        rewritten_prompts=RewrittenPrompts(catalogue=catalogue, switches=switches, earlier=earlier),
        reactions=Reactions(
            generations=generations, reruns=reruns, next_steps=next_steps, jobs=jobs, store=store, clock=clock
        ),
        recipe_runs=RecipeRuns(catalogue=catalogue, sources=sources, admission=admission),
        recipe_drafts=RecipeDrafts(catalogue=catalogue, store=store, clock=clock),
        own_defaults=OwnDefaults(catalogue, OwnSettings(store), store),
    )
