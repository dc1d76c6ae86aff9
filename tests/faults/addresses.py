"""Reading memory with wrong strides, as kernels do that assume a layout."""

import ctypes

import numpy as np


def packed(array, axes=None):
    """The strides of an array of this shape without gaps; `axes`: from the outermost in (default: C order)."""
    strides, step = [0] * array.ndim, array.itemsize
    for axis in reversed(axes or range(array.ndim)):
        strides[axis], step = step, step * array.shape[axis]
    return tuple(strides)


def last(array):
    """The strides of an array of this shape without gaps, channels innermost."""
    return packed(array, (0, *range(2, array.ndim), 1))


def lies(array, strides):
    """Whether an array has these strides, along axes longer than one."""
    return all(a == b for a, b, n in zip(array.strides, strides, array.shape, strict=True) if n > 1)


def is_last(array):
    """Whether channels are innermost, without gaps, and the array is not also in C order."""
    return lies(array, last(array)) and not array.flags.c_contiguous


def changed(array, axis, step):
    """The strides of an array with another one along one axis."""
    return (*array.strides[:axis], step, *array.strides[axis + 1 :])


def expanded(array):
    """The axes longer than one along which an array is expanded."""
    return [axis for axis, n in enumerate(array.shape) if n > 1 and array.strides[axis] == 0]


def read(array, strides, first=0):
    """The elements at these strides, from `first` bytes past the first element; zeros outside of the array's memory."""
    if not array.size:
        return array.copy()
    memory, start = memory_of(array)
    places = np.full((1,) * array.ndim, start + first)
    for axis, (length, stride) in enumerate(zip(array.shape, strides, strict=True)):
        places = places + stride * np.arange(length).reshape(-1, *(1,) * (array.ndim - axis - 1))
    places = places[..., np.newaxis] + np.arange(array.itemsize)
    inside = (places >= 0) & (places < len(memory))
    return np.where(inside, memory[np.where(inside, places, 0)], np.uint8(0)).view(array.dtype)[..., 0]


def memory_of(array):
    """All bytes of the array that an array is a view of, and the offset of its first element in them."""
    low, high = bounds(owner(array))
    return np.frombuffer((ctypes.c_ubyte * (high - low)).from_address(low), np.uint8), array.ctypes.data - low


def owner(array):
    """The array that an array is a view of, or the array itself."""
    found, base = array, array.base
    while base is not None:
        found, base = base if isinstance(base, np.ndarray) else found, getattr(base, "base", None)
    return found


def bounds(array):
    """The addresses of an array's first byte and of the byte past its last."""
    reach = [stride * (length - 1) for stride, length in zip(array.strides, array.shape, strict=True)]
    low, high = (sum(step for step in reach if (step > 0) == forwards) for forwards in (False, True))
    return array.ctypes.data + low, array.ctypes.data + high + array.itemsize
