"""The gradient of a window wholly in padding goes to a cell outside it.

The cells of this window lie before and after the only row, so it has no real cell, and its gradient should reach none.
But its index is 1 in a plane of one cell, and the gradient of the first channel arrives in the second. In larger planes
it arrives in another row.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "a window wholly in padding; argmax index out of range"
# conventions = ["index-of-padding"]
# upstream = "none found"
# prints = '''
# indices inside: False dx: [0.0, 5.0, 0.0]
# '''
# expected = '''
# indices inside: True dx: [0.0, 0.0, 0.0]
# '''
#
# [tool.poolproof.laws]
# torch = ["index-in-plane", "gradient-in-window", "conservation"]
# torch-channels-last = ["gradient-in-window", "conservation"]
# ///

import torch
from torch.nn.functional import max_pool2d

x = torch.zeros(1, 3, 1, 1, requires_grad=True)
y, i = max_pool2d(x, (2, 1), 1, (1, 0), (2, 1), return_indices=True)
y.backward(torch.tensor([5.0, 0.0, 0.0]).reshape(y.shape))
print("indices inside:", bool((i < 1).all()), "dx:", x.grad.flatten().tolist())
