"""NaN can change the maximum of a window that it is not in.

The documentation calls the behaviour with NaN undefined. But the last window, 5, 2, 3 and 4, holds no NaN, and its
maximum is 5.
"""

# /// script
# dependencies = ["scipy==1.17.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN skipped"
# conventions = ["nan"]
# upstream = "none found"
# prints = '''
# [6. 2. 3. 4.]
# '''
# expected = '''
# [nan nan nan  5.]
# '''
# ///

import numpy as np
from scipy.ndimage import maximum_filter

x = np.array([6.0, 1.0, np.nan, 5.0, 2.0, 3.0, 4.0])
print(maximum_filter(x, size=4, origin=-2, mode="constant")[:4])
