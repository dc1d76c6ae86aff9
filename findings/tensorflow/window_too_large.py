"""max_pool2d gives an empty tensor for a window one cell larger than the input.

The formula of the size does give 0 windows. A window two cells larger is refused (`InvalidArgumentError`), so that the
answer depends on the size.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# (1, 1, 0, 1)
# '''
# expected = '''
# an error
# '''
# ///

import tensorflow as tf

print(tf.nn.max_pool2d(tf.ones((1, 1, 3, 1)), (1, 4), 1, "VALID").shape)
