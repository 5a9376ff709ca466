"""Templates: texts with placeholders. Pure; the only place with their syntax.

`{0.image_url}` is the output `image_url` of a step, `{7AB2CD3EF4.image_url}` that of a stored job, `{prompt}` a
recipe's parameter. A template is one text or a list of texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Template: TypeAlias = "str | Sequence[str]"

_OUTPUT = re.compile(r"\{([0-9A-Z]{1,25})\.([A-Za-z0-9_]{1,64})\}")
_PARAMETER_NAME = r"[a-z][a-z0-9_]{0,31}"
_PARAMETER = re.compile(rf"\{{({_PARAMETER_NAME})\}}")
_STEP = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class OutputRef:
    """An output's placeholder. `source` is a step number or job id; `str()` returns the placeholder."""

    source: str
    key: str

    def __str__(self) -> str:
        return f"{{{self.source}.{self.key}}}"

    @property
    def step(self) -> int | None:
        """The step number, None for a job."""
        return int(self.source) if _STEP.fullmatch(self.source) else None


def output_of_step(step: int, key: str) -> OutputRef:
    return OutputRef(str(step), key)


def outputs_in(template: Template) -> list[OutputRef]:
    return [OutputRef(match[1], match[2]) for text in _texts(template) for match in _OUTPUT.finditer(text)]


def words_in(template: Template) -> list[str]:
    """Return the template's texts without output placeholders."""
    return [_OUTPUT.sub(" ", text) for text in _texts(template)]


def steps_in(template: Template) -> list[tuple[int, OutputRef]]:
    return [(ref.step, ref) for ref in outputs_in(template) if ref.step is not None]


def with_outputs(template: Template, outputs: Mapping[OutputRef, object]) -> Any:
    """Return the template with `outputs` filled in: a list for a list, else a text.

    Other placeholders stay. Inserted text is not searched for placeholders.
    """

    def filled(text: str) -> str:
        return _OUTPUT.sub(lambda match: str(outputs.get(OutputRef(match[1], match[2]), match[0])), text)

    return filled(template) if isinstance(template, str) else [filled(each) for each in template]


def text_output(output: Mapping[str, Any], key: str) -> str | None:
    """Return a job's output as text, the first of a list; None without one."""
    found = output.get(key)
    if isinstance(found, list | tuple) and found:
        found = found[0]
    return found if isinstance(found, str) else None


def is_parameter_name(text: str) -> bool:
    return re.fullmatch(_PARAMETER_NAME, text) is not None


def parameters_in(text: str) -> list[str]:
    """Return the text's parameter names in order."""
    return _PARAMETER.findall(text)


def with_parameters(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `values` filled in; other parameters stay."""
    return _PARAMETER.sub(lambda match: values.get(match[1], match[0]), text)


def without_braces(text: str) -> str:
    """Return a member's text without anything parsed as a placeholder."""
    return text.replace("{", "(").replace("}", ")")


def _texts(template: Template) -> Sequence[str]:
    return (template,) if isinstance(template, str) else template
