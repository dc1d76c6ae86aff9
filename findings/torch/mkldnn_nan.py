"""In oneDNN memory, NaN is ignored, and a window of -inf gives the lowest finite number.

Nothing is promised about NaN and infinities. But in ordinary memory the same function answers differently, and the
lowest finite number is in neither of the last two windows.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN skipped; lowest() as the initial value"
# conventions = ["nan", "nan-gradient", "all-minus-infinity"]
# upstream = "none found"
# prints = '''
# nan 1.0
# nan -3.4028234663852886e+38
# -inf -3.4028234663852886e+38
# '''
# expected = '''
# nan nan
# nan nan
# -inf -inf
# '''
# ///

import torch
from torch.nn.functional import max_pool2d

for window in ([float("nan"), 1.0], [float("nan")] * 2, [-float("inf")] * 2):
    x = torch.tensor([[[window]]])
    for lay_out in (torch.Tensor.contiguous, torch.Tensor.to_mkldnn):
        print(max_pool2d(lay_out(x), (1, 2)).to_dense().item(), end=" ")
    print()
