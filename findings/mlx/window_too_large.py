"""MaxPool1d gives an empty array for a window one cell larger than the input.

The formula of the size does give 0 windows. A window two cells larger is refused, with a message about strides
(`ValueError`, "Negative dimensions not allowed"), so that the answer depends on the size.
"""

# /// script
# dependencies = ["mlx[cpu]==0.32.4"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# (1, 0, 1)
# '''
# expected = '''
# an error
# '''
# ///

import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
print(nn.MaxPool1d(4, stride=1)(mx.ones((1, 3, 1))).shape)
