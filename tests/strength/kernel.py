"""An implementation as other people's checks ask it: with what it takes, in the contract's words."""

import numpy as np
from poolproof.properties.targets.target import wrap

NEUTRAL = {"padding": 0, "dilation": 1, "ceil_mode": False, "count_include_pad": True}


class Asked:
    """An implementation; its callables are asked with the settings that they take."""

    def __init__(self, implementation):
        target = wrap(implementation)
        self.offers, self.declared, self.found = target.offers, target.declared, target.host.implementation

    def takes(self, function, dtype, size, settings):
        """Whether a callable is there, and knows the dtype, the rank and the settings."""
        known = function in self.offers and self.declared.takes(function, dtype, len(size))
        return known and needed(settings) <= set(self.declared.settings_of(function))

    def ask(self, function, *arrays, size, stride, settings):
        """What a callable returns."""
        taken = self.declared.settings_of(function)
        passed = {name: value for name, value in settings.items() if name in taken}
        return getattr(self.found, function)(*arrays, size, stride, **passed)


def needed(settings):
    """The settings without which the answer would be another; which cells count matters where there is padding."""
    differing = {name for name, value in settings.items() if np.any(np.array(value) != NEUTRAL[name])}
    return differing if "padding" in differing else differing - {"count_include_pad"}
