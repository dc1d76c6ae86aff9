"""The gradient of a window wholly in padding is written past the end of memory.

A gradient of four cells is to be filled, and the four numbers after it in memory change: in the last plane the indices
point to a row that does not exist. Through autograd this corrupts the heap; with rows of a few thousand cells the
process is killed.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "a window wholly in padding; argmax index out of range"
# also = ["index-in-plane", "conservation"]
# upstream = "none found"
# prints = '''
# [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
# '''
# expected = '''
# [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
# '''
# ///

import torch
from torch.nn.functional import max_pool2d

window = ((2, 1), (1, 1), (1, 0), (2, 1))
x = torch.zeros(1, 1, 1, 4)
y, i = max_pool2d(x, *window, return_indices=True)
memory = torch.zeros(8)
dx = memory[:4].view(x.shape)
torch.ops.aten.max_pool2d_with_indices_backward.grad_input(torch.ones_like(y), x, *window, False, i, grad_input=dx)
print(memory.tolist())
