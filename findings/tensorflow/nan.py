"""max_pool2d drops NaN; max_pool_with_argmax keeps it in the first place.

Mathematics does not define the maximum of a window with a NaN. But one function's answer depends on the place of the
NaN, and the values of the two functions differ. The gradient of `max_pool2d` goes to that index.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan", "nan-index", "nan-gradient"]
# upstream = "none found; tensorflow/tensorflow#125965: on another processor, answers differ by channel"
# prints = '''
# 3.0 nan 0
# 3.0 3.0 2
# 2.0 2.0 1
# '''
# expected = '''
# nan nan 0
# nan nan 1
# nan nan 2
# '''
# ///

import numpy as np
import tensorflow as tf

for k in range(3):
    x = np.float32([1, 2, 3]).reshape(1, 1, 3, 1)
    x[0, 0, k] = np.nan
    y, index = tf.nn.max_pool_with_argmax(x, (1, 3), 1, "VALID")
    print(tf.nn.max_pool2d(x, (1, 3), 1, "VALID").numpy().item(), y.numpy().item(), index.numpy().item())
