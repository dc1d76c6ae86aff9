"""A problem in KernelBench's format: mean over lines, with the windows of its problem 44 on shorter ones."""

import torch
from torch import nn

SHAPE = (2, 3, 256)


class Model(nn.Module):
    """The reference."""

    def __init__(self, kernel_size, stride, padding):
        super().__init__()
        self.pool = nn.AvgPool1d(kernel_size=kernel_size, stride=stride, padding=padding)

    def forward(self, x):
        return self.pool(x)


def get_inputs():
    """Arguments of `forward`."""
    return [torch.rand(*SHAPE)]


def get_init_inputs():
    """Arguments of the constructor: kernel_size, stride, padding."""
    return [8, 1, 4]
