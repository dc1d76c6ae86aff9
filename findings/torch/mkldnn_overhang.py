"""In oneDNN memory, the mean in ceil mode counts cells past the end.

The last window has one cell and no padding, and in ordinary memory the same function divides by 1. Here it divides by
2, forward and backward. With `count_include_pad=False` it is right.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "ceil overhang in the divisor"
# upstream = "none found"
# prints = '''
# [1.5, 3.0] [0.5, 0.5, 1.0]
# [1.5, 1.5] [0.5, 0.5, 0.5]
# '''
# expected = '''
# [1.5, 3.0] [0.5, 0.5, 1.0]
# [1.5, 3.0] [0.5, 0.5, 1.0]
# '''
#
# [tool.poolproof.laws]
# torch-mkldnn = [
#     "mean-value", "mean-exact", "mean-accumulation", "mean-spread", "conservation", "overhang", "other-settings",
#     "nothing-remembered",
# ]
# ///

import torch
from torch.nn.functional import avg_pool2d

for lay_out in (torch.Tensor.contiguous, torch.Tensor.to_mkldnn):
    x = torch.tensor([[[[1.0, 2.0, 3.0]]]], requires_grad=True)
    y = avg_pool2d(lay_out(x), (1, 2), (1, 2), ceil_mode=True)
    y.backward(lay_out(torch.ones(1, 1, 1, 2)))
    print(y.to_dense().flatten().tolist(), x.grad.flatten().tolist())
