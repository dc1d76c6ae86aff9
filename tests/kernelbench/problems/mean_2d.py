"""A problem in KernelBench's format: mean over planes, with the windows of its problem 45 on smaller ones."""

import torch
from torch import nn

SHAPE = (2, 3, 60, 60)


class Model(nn.Module):
    """The reference."""

    def __init__(self, kernel_size):
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size=kernel_size)

    def forward(self, x):
        return self.pool(x)


def get_inputs():
    """Arguments of `forward`."""
    return [torch.rand(*SHAPE)]


def get_init_inputs():
    """Arguments of the constructor: kernel_size."""
    return [11]
