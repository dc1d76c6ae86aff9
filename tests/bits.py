"""Arrays by their bits, to compare the answers of kernels that should agree in every one."""

import numpy as np
from poolproof.kernels.dtypes import is_float


def bits(array):
    """Dtype, shape and bits of an array; only a NaN's sign and payload may differ."""
    plain = np.where(np.isnan(array), array.dtype.type(np.nan), array) if is_float(array.dtype) else array
    return array.dtype, array.shape, plain.tobytes()
