"""An implementation as other people's checks call it: with its declarations, in the contract's words."""

import numpy as np
from poolproof.properties.targets.target import wrap

NEUTRAL = {"padding": 0, "dilation": 1, "ceil_mode": False, "count_include_pad": True}


class Asked:
    """An implementation; its callables are called with the settings that they take."""

    def __init__(self, implementation):
        target = wrap(implementation)
        self.offers, self.declared, self.found = target.offers, target.declared, target.host.implementation

    def takes(self, function, dtype, size, settings):
        """Whether the callable exists and takes the dtype, the rank and the settings."""
        known = function in self.offers and self.declared.takes(function, dtype, len(size))
        return known and needed(settings) <= set(self.declared.settings_of(function))

    def ask(self, function, *arrays, size, stride, settings):
        """The result of a callable."""
        taken = self.declared.settings_of(function)
        passed = {name: value for name, value in settings.items() if name in taken}
        return getattr(self.found, function)(*arrays, size, stride, **passed)


def needed(settings):
    """The settings that change the answer; which cells count matters only with padding."""
    differing = {name for name, value in settings.items() if np.any(np.array(value) != NEUTRAL[name])}
    return differing if "padding" in differing else differing - {"count_include_pad"}
