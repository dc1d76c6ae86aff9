"""The maximum of a window of -inf or NaN is the lowest finite number.

A window of nothing but -inf has no finite maximum to compare with. But the answer is no element of the window, and
`max_pool_with_argmax` and `max_pool3d` give -inf. All four float types do the same.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "initial value"
# conventions = ["all-minus-infinity"]
# upstream = "tensorflow/tensorflow#2501, for NaN"
# prints = '''
# -3.4028234663852886e+38 -inf
# -3.4028234663852886e+38 nan
# '''
# expected = '''
# -inf -inf
# nan nan
# '''
# ///

import tensorflow as tf

for value in (float("-inf"), float("nan")):
    x = tf.fill((1, 1, 2, 1), value)
    plain = tf.nn.max_pool2d(x, (1, 2), 1, "VALID").numpy().item()
    print(plain, tf.nn.max_pool_with_argmax(x, (1, 2), 1, "VALID")[0].numpy().item())
