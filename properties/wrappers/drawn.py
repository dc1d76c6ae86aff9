"""Targets made from pooling code that takes its windows as arguments: its limits are found by trying small images."""

from __future__ import annotations

import re
from itertools import product
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..remote.vocabulary import SETTINGS
from .black_box import Unknown
from .frameworks import Framework, differentiated
from .given import called
from .inference import RANKS, infer
from .known_pooling import KINDS
from .parameters import Parameters, plain_words

DTYPES = ("float32", "float64", "float16")
"""The dtypes that are tried, starting with the one that most kernels support first."""

KIND_NAMES = {"max": re.compile("max", re.IGNORECASE), "mean": re.compile("mean|avg|average", re.IGNORECASE)}


class Windowed(NamedTuple):
    """Pooling code that takes windows: `call(x, words)` takes an array of its framework, and windows by name."""

    wrapper: str
    thing: Any
    parameters: Parameters
    call: Callable[[Any, Dict[str, Any]], Any]


class CallForm(NamedTuple):
    """The form of its arguments: the rank of images, whether windows are single ints, and a dtype that it takes."""

    rank: int
    ints: bool
    dtype: str


class Learned(NamedTuple):
    """What trying has shown: the kind, whether windows are single ints, declarations, and notes."""

    kind: str
    ints: bool
    declarations: Dict[str, Any]
    notes: List[str]

    def named(self, target: SimpleNamespace, windowed: Windowed) -> SimpleNamespace:
        """A target with its name, and these notes appended to its own."""
        target.__name__ = f"{windowed.wrapper}({called(windowed.thing)})"
        target.__notes__ = [*getattr(target, "__notes__", []), *self.notes]
        return target


def drawn(windowed: Windowed, framework: Framework, kind: str, declared: Dict[str, Any]) -> SimpleNamespace:
    """A target that is judged on drawn windows. Raises TypeError if the code takes none, or does not pool."""
    learned = learn(windowed, framework, kind, declared)
    given = {f"{learned.kind}_forward": pooling(windowed, learned.ints), **learned.declarations, **declared}
    return learned.named(differentiated(windowed.wrapper, framework, None, given), windowed)


def learn(windowed: Windowed, framework: Framework, kind: str, declared: Dict[str, Any]) -> Learned:
    """Find out what the code pools, and its limits. Raises TypeError."""
    form = form_of(windowed, framework, declared)
    kind = kind or kind_found(windowed, framework, form)
    dtypes, notes = dtypes_taken(windowed, framework, form)
    words = windowed.parameters.words
    settings = [name for name in SETTINGS if name in words]
    settings += ["count_include_pad"] if kind == "mean" and "count_include_pad" in words else []
    declarations = {
        "dtypes": dtypes,
        "ranks": (form.rank,),
        "settings": dict.fromkeys((f"{kind}_forward", f"{kind}_backward"), settings),
        **(padding_taken(windowed, framework, form) if "padding" in settings else {}),
        "square": is_square(windowed, framework, form),
        "tiles": "stride" not in words,
    }
    return Learned(kind, form.ints, declarations, notes)


def pooling(windowed: Windowed, ints: bool) -> Callable[..., Any]:
    """The forward, as a function pool(x, size, stride, **settings) of a framework's arrays."""

    def pool(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        return windowed.call(x, plain_words(size, stride, settings, ints=ints))

    return pool


def asking(windowed: Windowed, framework: Framework, ints: bool, size: Any, stride: Any) -> Callable[[Any], Any]:
    """The forward for one window, as a function of NumPy arrays."""
    pool = pooling(windowed, ints)
    return lambda x: framework.outward(pool(framework.inward(x), size, stride))


def form_of(windowed: Windowed, framework: Framework, declared: Dict[str, Any]) -> CallForm:
    """The first form in which a usual image gives a result of the right shape. Raises TypeError."""
    said = []
    for rank, ints, dtype in product(usual(declared, "ranks", RANKS), (False, True), usual(declared, "dtypes", DTYPES)):
        try:
            y = asking(windowed, framework, ints, (2,) * rank, (2,) * rank)(usual_image(rank, dtype))
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
        else:
            if np.shape(y) == (1, 2, *(2,) * rank):
                return CallForm(rank, ints, dtype)
            said.append(f"its result is of shape {np.shape(y)}")
    where = "an image of 4 cells along each axis with windows of 2"
    raise TypeError(f"{windowed.wrapper}: {called(windowed.thing)} does not pool {where}: {said[0]}")


def usual(declared: Dict[str, Any], name: str, default: Sequence[Any]) -> Sequence[Any]:
    """A declaration if it is the same for all callables, or else a default."""
    return declared[name] if isinstance(declared.get(name), (tuple, list)) else default


def kind_found(windowed: Windowed, framework: Framework, form: CallForm) -> str:
    """Whether the code takes maxima or means, judging by its answers, or else by its name. Raises TypeError."""
    ask = asking(windowed, framework, form.ints, (2,) * form.rank, (2,) * form.rank)
    try:
        return infer(ask, ranks=(form.rank,), dtype=form.dtype).kind
    except Unknown as error:
        named = [kind for kind in KINDS if KIND_NAMES[kind].search(called(windowed.thing))]
        if len(named) == 1:
            return named[0]
        told = f"{windowed.wrapper}: {called(windowed.thing)}: {error}"
        raise TypeError(f"{told}; say what it should pool, with kind='max' or kind='mean'") from None


def is_square(windowed: Windowed, framework: Framework, form: CallForm) -> bool:
    """Whether the code refuses windows that are not square, or takes single ints for windows of several axes."""
    if form.rank == 1 or form.ints:
        return form.rank > 1
    long, steps = (2, *(1,) * (form.rank - 1)), (1, *(2,) * (form.rank - 1))
    return bool(refusal(asking(windowed, framework, False, long, steps), usual_image(form.rank, form.dtype)))


def padding_taken(windowed: Windowed, framework: Framework, form: CallForm) -> Dict[str, str]:
    """The declarations about padding: at most half of a window, unless two cells around windows of three are taken."""
    size, stride = (3,) * form.rank, (3 if "stride" not in windowed.parameters.words else 1,) * form.rank
    pool, outputs = pooling(windowed, form.ints), (8 - 3) // stride[0] + 1

    def ask(x: Any) -> Any:
        return framework.outward(pool(framework.inward(x), size, stride, padding=((2, 2),) * form.rank))

    try:
        taken = np.shape(ask(usual_image(form.rank, form.dtype))) == (1, 2, *(outputs,) * form.rank)
    except Exception:
        taken = False
    return {"padding": "symmetric", "padding_limit": "window" if taken else "half"}


def dtypes_taken(windowed: Windowed, framework: Framework, form: CallForm) -> Tuple[Tuple[str, ...], List[str]]:
    """The dtypes that the code takes, and notes about those that it refuses."""
    ask = asking(windowed, framework, form.ints, (2,) * form.rank, (2,) * form.rank)
    refused = {dtype: refusal(ask, usual_image(form.rank, dtype)) for dtype in DTYPES}
    name = called(windowed.thing)
    notes = [f"{dtype} is not tested: {name} refuses it, {why}" for dtype, why in refused.items() if why]
    return tuple(dtype for dtype, why in refused.items() if not why), notes


def usual_image(rank: int, dtype: str) -> Any:
    """A small image of ones."""
    return np.ones((1, 2, *(4,) * rank), dtype)


def refusal(ask: Callable[[Any], Any], x: Any) -> str:
    """The message with which an image is refused; empty if it is not."""
    try:
        ask(x)
    except Exception as error:
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ""
