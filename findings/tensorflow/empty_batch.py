"""max_pool2d takes an empty batch, max_pool_with_argmax refuses it.

An empty batch may be refused. But two functions for the same thing differ.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["empty-batch"]
# upstream = "none found"
# prints = '''
# (0, 1, 2, 1)
# InvalidArgumentError True
# '''
# expected = '''
# (0, 1, 2, 1)
# (0, 1, 2, 1)
# '''
# ///

import numpy as np
import tensorflow as tf

x = np.zeros((0, 1, 3, 1), np.float32)
print(tf.nn.max_pool2d(x, (1, 2), 1, "VALID").shape)
try:
    print(tf.nn.max_pool_with_argmax(x, (1, 2), 1, "VALID")[1].shape)
except tf.errors.InvalidArgumentError as error:
    print("InvalidArgumentError", "tensor_in must not be empty" in str(error))
