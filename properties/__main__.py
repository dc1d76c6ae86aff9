"""`python -m poolproof.properties` is the command `poolproof`."""

import sys

if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    # With -m Python puts the working folder first, where a target may have written modules.
    del sys.path[0]

from .doors.cli import main

sys.exit(main())
