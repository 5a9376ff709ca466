"""From a rewritten prompt to the image or video that it describes."""

from __future__ import annotations

from bot.catalogue import LiveCatalogue
from bot.domain.models import Job
from bot.generation.earlier_jobs import EarlierJobs
from bot.generation.generation import Generation
from bot.guild.operation_switches import OperationSwitches

IMAGE, VIDEO = "image.generate", "video.generate"
_CARRIED = {"aspectRatio": "aspect_ratio", "duration": "duration"}
"""Fields of the rewrite that the generation keeps; the style is already part of the rewritten text."""


class RewrittenPrompts:
    """Makes generations from prompts that jobs have rewritten."""

    def __init__(self, *, catalogue: LiveCatalogue, switches: OperationSwitches, earlier: EarlierJobs) -> None:
        self._catalogue = catalogue
        self._switches = switches
        self._earlier = earlier

    def is_prompt(self, job: Job) -> bool:
        """Whether the job rewrites a prompt."""
        operation = self._catalogue.current.find(job.operation)
        return operation is not None and operation.workflow == "prompt"

    def targets(self, job: Job) -> list[str]:
        """Return the operations that take the prompt and are on here, best first; a video prompt is for videos only.

        One that Cannon Studio no longer offers comes last.
        """
        catalogue = self._catalogue.current
        is_for_video = job.operation == catalogue.resolve("prompt.enhance.video").id
        targets = [VIDEO] if is_for_video else [IMAGE, VIDEO]
        targets.sort(key=lambda target: not catalogue.resolve(target).offered)
        return [target for target in targets if self._switches.is_on(job.guild_id, target)]

    async def generation(self, job: Job, prompt: str, target: str) -> Generation:
        """Return the generation that runs `target` on the job's rewritten prompt, private if the job's card is."""
        known = {field.name for field in self._catalogue.current.resolve(target).fields}
        carried = {_CARRIED[name]: value for name, value in job.input.items() if _CARRIED.get(name) in known}
        return Generation(
            operation=target,
            values={**carried, "prompt": prompt},
            private=await self._earlier.is_private(job),
            parent_id=job.id,
        )
