"""In oneDNN memory, a window of -inf beside padding loses its gradient.

Mathematically, the maximum of such a window has no gradient. But in ordinary memory, and here without padding, a real
cell gets it.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding tied with -inf"
# conventions = ["minus-infinity-gradient"]
# upstream = "none found"
# prints = '''
# [1.0, 0.0] [1.0, 0.0]
# [1.0, 1.0] [0.0, 1.0]
# '''
# expected = '''
# [1.0, 0.0] [1.0, 0.0]
# [1.0, 1.0] [1.0, 1.0]
# '''
# ///

import torch
from torch.nn.functional import max_pool2d

for padding in (0, (0, 1)):
    for lay_out in (torch.Tensor.contiguous, torch.Tensor.to_mkldnn):
        x = torch.full((1, 1, 1, 2), -float("inf"), requires_grad=True)
        y = max_pool2d(lay_out(x), (1, 2), 2, padding)
        y.backward(lay_out(torch.ones(y.shape)))
        print(x.grad.flatten().tolist(), end=" ")
    print()
