"""A problem in KernelBench's format: mean over volumes, with the windows of its problem 46 on smaller ones."""

import torch
from torch import nn

SHAPE = (2, 3, 16, 16, 24)


class Model(nn.Module):
    """The reference."""

    def __init__(self, kernel_size, stride, padding):
        super().__init__()
        self.pool = nn.AvgPool3d(kernel_size=kernel_size, stride=stride, padding=padding)

    def forward(self, x):
        return self.pool(x)


def get_inputs():
    """Arguments of `forward`."""
    return [torch.rand(*SHAPE)]


def get_init_inputs():
    """Arguments of the constructor: kernel_size, stride, padding."""
    return [3, 2, 1]
