"""Laws of shape: the number of windows, and what a result keeps from x."""

from __future__ import annotations

from poolproof.kernels.geometry import Axis

from ..cases.case import Case
from ..cases.plans import EDGE_VALUES, Plan
from ..contract import BACKWARD, CALLABLES, FORWARD, RESULT
from .pool import Pool
from .registry import law


@law(Plan((*FORWARD, "max_indices"), values=EDGE_VALUES, edges=True))
def output_size(pool: Pool, case: Case) -> None:
    """OH = (H + padding - d(F - 1) - 1)//SH + 1, and one more in ceil mode if it starts before the end padding"""
    y = pool(case.call())
    if y.shape[2:] != case.output:
        why = " and ".join(map(worked_out, case.axes))
        name = RESULT[case.function]
        pool.fail(f"{name}.shape = {y.shape}, but should be {case.dy.shape}", got=y, why=why)


def worked_out(axis: Axis) -> str:
    """The output size worked out in numbers."""
    floor = axis.room // axis.stride + 1
    text = f"({axis.room + axis.extent} - {axis.extent})//{axis.stride} + 1 = {floor}"
    if axis.drops_window():
        start = floor * axis.stride - axis.begin
        return f"{text} (in ceil mode one more would start at {start} of {axis.length} cells: none)"
    return f"{text}, in ceil mode {floor + 1}," if axis.remains() else text


@law(Plan((*FORWARD, "max_indices"), values=EDGE_VALUES, edges=True))
def depth_preserved(pool: Pool, case: Case) -> None:
    """y has the N and the C of x: N2 = N1, D2 = D1"""
    y = pool(case.call())
    if y.shape[:2] != case.x.shape[:2]:
        name = RESULT[case.function]
        pool.fail(f"{name}.shape = {y.shape}, but should begin with {case.x.shape[:2]}, N and C of x", got=y)


@law(Plan(BACKWARD, values=EDGE_VALUES, edges=True))
def gradient_shape(pool: Pool, case: Case) -> None:
    """dx.shape = x.shape"""
    dx = pool(case.call())
    if dx.shape != case.x.shape:
        pool.fail(f"dx.shape = {dx.shape}, but should be {case.x.shape}, the shape of x", got=dx)


@law(Plan(CALLABLES, values=EDGE_VALUES, edges=True))
def dtype_preserved(pool: Pool, case: Case) -> None:
    """y.dtype = x.dtype, dx.dtype = x.dtype, and indices are integers"""
    result = pool(case.call())
    name = RESULT[case.function]
    if case.function == "max_indices":
        if result.dtype.kind not in "iu":
            pool.fail(f"i.dtype = {result.dtype}, but should be an integer dtype", got=result)
    elif result.dtype != case.x.dtype:
        pool.fail(f"{name}.dtype = {result.dtype}, but should be {case.x.dtype}, the dtype of x", got=result)
