"""`poolproof cases`: the cases that laws draw, and how often they reach the triggers of mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..cases.drawing import drawn
from ..cases.triggers import TRIGGERS, reached
from ..contract import CALLABLES, DTYPES, Declared
from ..failures.messages import arguments
from ..lawbook import LAWS
from ..remote.worker import EVIDENCE
from ..run.trial import TrialSettings
from ..targets.target import Target
from .render import quantity, wrapped

MOST_CELLS = 200
"""The most cells of an image that is printed."""

EVERYTHING = Declared(
    name="everything",
    dtypes=DTYPES,
    ranks=(1, 2, 3),
    settings={
        function: ("padding", "dilation", "ceil_mode", *(["count_include_pad"] if "mean" in function else []))
        for function in CALLABLES
    },
)
"""The declarations of an implementation that takes everything."""


def shown(names: Sequence[str], target: Target | None, settings: TrialSettings) -> Iterator[str]:
    """The cases of some laws, one after another, each as the call that the law is about."""
    for name in asked(names, target):
        yield name
        for case in drawn(LAWS[name], *told(target)[:2], settings.examples, settings.seed):
            call = case.call()
            lines = arguments(call, "    ")
            yield f"  {call.function}"
            yield from lines if case.x.size <= MOST_CELLS else [lines[0], f"    x of shape {case.x.shape}"]


def statistics(names: Sequence[str], target: Target | None, settings: TrialSettings) -> Iterator[str]:
    """For each trigger, dtype, callable and layout, how many cases of these laws meet it, in total and by law."""
    counts = {name: counted(name, target, settings) for name in asked(names, target)}
    yield f"seed {settings.seed}, {quantity(settings.examples, 'case')} of each of {quantity(len(counts), 'law')}"
    others = sorted(set().union(*counts.values()) - set(TRIGGERS))
    for trigger in (*TRIGGERS, *others):
        by_law = Counter({name: met[trigger] for name, met in counts.items() if met[trigger]})
        yield f"{trigger:32} {by_law.total():6,}"
        yield from (f"    {text}" for text in wrapped([f"{name} {met}" for name, met in by_law.most_common()]))


def counted(name: str, target: Target | None, settings: TrialSettings) -> Counter[str]:
    """How many cases of a law meet each trigger."""
    met: Counter[str] = Counter()
    for case in drawn(LAWS[name], *told(target)[:2], settings.examples, settings.seed):
        met.update(reached(case))
    return met


def asked(names: Sequence[str], target: Target | None) -> list[str]:
    """The laws that apply to a target."""
    return [name for name in names if not LAWS[name].unsupported(*told(target))]


def told(target: Target | None) -> tuple[Declared, tuple[str, ...], Iterable[str]]:
    """What a target declares, offers, and can report about its calls; everything if there is none."""
    return (target.declared, target.offers, target.evidence) if target else (EVERYTHING, CALLABLES, EVIDENCE)
