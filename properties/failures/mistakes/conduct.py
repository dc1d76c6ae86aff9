"""Mistakes of conduct: what a target does to memory, between calls, and what its answers depend on."""

from __future__ import annotations

from .mistake import ANY, BACKWARD, MEAN, Mistake

CHANGES_INPUT = Mistake(
    "input-changed",
    ANY,
    "The call writes to its input.",
    "x and dy belong to the caller; a kernel works in memory of its own.",
)
WRITES_BESIDE = Mistake(
    "written-beside-input",
    ANY,
    "The call writes to memory beside its input.",
    "A store is masked, or its index checked, wherever it may lie past the end of an array.",
)
READS_BESIDE = Mistake(
    "read-beside-input",
    ANY,
    "The call reads memory beside its input: a bound or a mask is missing.",
    "A load is masked, or its index checked, wherever it may lie outside of an array.",
)
SHARES_INPUT = Mistake(
    "result-shares-input",
    ANY,
    "The result shares memory with an input.",
    "A result is a fresh array, also where it equals the input.",
)
RESULT_REUSED = Mistake(
    "result-memory-reused",
    ANY,
    "A later call uses the memory of an earlier result.",
    "Every call returns a fresh array.",
)
NOT_THREAD_SAFE = Mistake(
    "not-thread-safe",
    ANY,
    "Calls made at the same time share memory.",
    "Every call works in memory of its own; a kernel that allows one call at a time declares threads=False.",
)
REMEMBERS = Mistake(
    "depends-on-earlier-calls",
    ANY,
    "The answer depends on earlier calls: something is cached, or left in memory, and used where it does not belong.",
    "An answer depends on the arguments alone: a cache is looked up by all of them, and memory is written before read.",
)
VARIES = Mistake(
    "differs-between-calls",
    ANY,
    "The same call gives different answers when repeated.",
    "Nothing is read before it is written or kept between calls; a kernel that is random declares deterministic=False.",
)
LAYOUT_IGNORED = Mistake(
    "layout-ignored",
    ANY,
    "An array is read or written in another memory order than it has.",
    "Elements are found by the strides and the offset of each array, or in a contiguous copy of it.",
)
PLANES_MIXED = Mistake(
    "planes-mixed",
    ANY,
    "The answer for one plane depends on another sample or channel.",
    "Every plane (n, c) is pooled by itself.",
)
READS_OUTSIDE = Mistake(
    "reads-outside-window",
    ANY,
    "An answer depends on cells outside its window.",
    "Only the cells of a window take part in its answer.",
)
NOT_WRITTEN = Mistake(
    "results-not-written",
    ANY,
    "Some results are not computed, and keep the value that they began with.",
    "Every window, channel and sample has its result, also beyond the last whole block.",
)
GRADIENTS_LOST = Mistake(
    "gradients-lost",
    BACKWARD,
    "Some windows pass no gradient.",
    "Every window passes its gradient, wherever it lies and whatever its values are.",
)
GRADIENT_OUTSIDE = Mistake(
    "gradient-outside-windows",
    BACKWARD,
    "Cells that no window covers get a gradient.",
    "Cells that no window covers have a gradient of zero.",
)
GRADIENT_OF_PADDING = Mistake(
    "gradient-of-padding",
    BACKWARD,
    "A window wholly in padding passes a gradient to a cell of the image.",
    "A window without a cell of the image passes no gradient.",
)
INACCURATE = Mistake(
    "rounded-too-often",
    (*MEAN, "max_backward"),
    "Results are less accurate than a sum of as many terms, divided once.",
    "Terms are added one after another or in pairs, and each result is divided at most once.",
)
EMPTY_BATCH = Mistake(
    "empty-batch",
    ANY,
    "An empty batch does not give an empty result of the right shape.",
    "With N = 0 the result has N = 0, and otherwise the shape that it has for other batches.",
)

MISTAKES = [
    CHANGES_INPUT,
    WRITES_BESIDE,
    READS_BESIDE,
    SHARES_INPUT,
    RESULT_REUSED,
    NOT_THREAD_SAFE,
    REMEMBERS,
    VARIES,
    LAYOUT_IGNORED,
    PLANES_MIXED,
    NOT_WRITTEN,
    GRADIENTS_LOST,
    GRADIENT_OUTSIDE,
    READS_OUTSIDE,
    GRADIENT_OF_PADDING,
    INACCURATE,
    EMPTY_BATCH,
]
