"""In oneDNN memory, a window of the lowest finite number beside padding loses its gradient.

The real cell is the only one in its window, finite, and the maximum; forward it is returned. But padding seems to be
filled with the same number, comes first, and gets the gradient. In ordinary memory, and here without padding, a real
cell gets it.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "padding tied with lowest()"
# upstream = "none found"
# prints = '''
# [1.0, 0.0] [1.0, 0.0]
# [1.0, 1.0] [0.0, 1.0]
# '''
# expected = '''
# [1.0, 0.0] [1.0, 0.0]
# [1.0, 1.0] [1.0, 1.0]
# '''
#
# [tool.poolproof.laws]
# torch-mkldnn = ["routing"]
# ///

import torch
from torch.nn.functional import max_pool2d

lowest = torch.finfo(torch.float32).min
for padding in (0, (0, 1)):
    for lay_out in (torch.Tensor.contiguous, torch.Tensor.to_mkldnn):
        x = torch.full((1, 1, 1, 2), lowest, requires_grad=True)
        y = max_pool2d(lay_out(x), (1, 2), 2, padding)
        y.backward(lay_out(torch.ones(y.shape)))
        print(x.grad.flatten().tolist(), end=" ")
    print()
