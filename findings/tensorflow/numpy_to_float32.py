"""max_pool2d converts a NumPy array to float32, except in the first call of a process.

The same call gives two answers, the second far from the maximum. A tensor of the same numbers keeps its dtype, and so
does an array within a `tf.function`, or passed to `max_pool1d`, `avg_pool2d` or `max_pool_with_argmax`.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "result dtype"
# unseen = "tensors are passed, not arrays"
# upstream = "none found for pooling; tensorflow/tensorflow#30113: encode_png gives the same two answers"
# prints = '''
# float64 -1e+300
# float32 -3.4028234663852886e+38
# float32 16777216.0
# '''
# expected = '''
# float64 -1e+300
# float64 -1e+300
# int32 16777217
# '''
# ///

import numpy as np
import tensorflow as tf

x = np.full((1, 1, 2, 1), -1e300)
for _ in range(2):
    y = tf.nn.max_pool2d(x, (1, 2), 1, "VALID")
    print(y.dtype.name, y.numpy().item())
y = tf.nn.max_pool2d(np.int32([2**24 + 1]).reshape(1, 1, 1, 1), 1, 1, "VALID")
print(y.dtype.name, y.numpy().item())
