"""The measurements, as plain queries, and a list of the requirements that they violate."""

from dataclasses import dataclass
from functools import cached_property
from statistics import mean, median

from faults import FAULTS, SOUND
from poolproof.properties.results import FAILURES
from poolproof.properties.run.trial import TrialSettings

from .asked import PUBLIC

EXAMPLES, SOUND_RUNS = TrialSettings().examples, 200
NEVER = float("inf")


@dataclass(frozen=True)
class Measured:
    """Results by implementation and seed: {law: [verdict, cases, seconds]}."""

    runs: dict

    @cached_property
    def faults(self):
        """The measured faults, in the order of the corpus."""
        return [name for name in FAULTS if name in self.runs]

    def column(self, name, law):
        """The cases until a law rejects an implementation, seed by seed; NEVER if it does not."""
        tried = [run.get(law) for run in self.runs[name].values()]
        return [each[1] if each and each[0] in FAILURES else NEVER for each in tried]

    def asked(self, name, law):
        """Whether the law was tried on an implementation."""
        return any(law in run and run[law][0] != "unsupported" for run in self.runs[name].values())

    def cases(self, name, law):
        """The median of the cases until rejection."""
        return median(self.column(name, law))

    def seconds(self, name, law):
        """The median of the seconds until rejection, or until all cases passed."""
        return median(run[law][2] for run in self.runs[name].values())

    def rejecting(self, name):
        """The laws that reject an implementation with most seeds, the quickest first. Equal medians are ordered by the
        mean, in which a seed without rejection counts as all cases and one more."""
        found = [law for law in PUBLIC if self.cases(name, law) < NEVER]
        slow = {law: mean(min(cases, EXAMPLES + 1) for cases in self.column(name, law)) for law in found}
        return sorted(found, key=lambda law: (self.cases(name, law), slow[law]))

    def accepting(self, name, without=""):
        """The seeds with which no law rejects an implementation, ignoring the law `without`."""
        laws = [law for law in PUBLIC if law != without]
        columns = zip(*(self.column(name, law) for law in laws), strict=True)
        return [seed for seed, cases in zip(self.runs[name], columns, strict=True) if min(cases) == NEVER]

    def needing(self, law):
        """The faults that some seed accepts without this law."""
        return [name for name in self.faults if self.accepting(name, without=law) != self.accepting(name)]

    def among_first(self, law):
        """The faults that at most two laws need fewer cases to reject than this one."""
        return [name for name in self.faults if law in self.rejecting(name) and self.quicker(name, law) < 3]

    def quicker(self, name, law):
        """How many laws need fewer cases than this one to reject a fault."""
        return sum(self.cases(name, other) < self.cases(name, law) for other in self.rejecting(name))


def unrejected(measured):
    """Complaints about faults that some seed accepts."""
    accepted = {name: measured.accepting(name) for name in measured.faults}
    return [f"{name} is accepted by every law with seed {', '.join(map(str, s))}" for name, s in accepted.items() if s]


def mistaken(measured):
    """Complaints about faults that name a law which does not reject them with most seeds."""
    return [
        f"{name} says that {law} rejects it: not with most seeds"
        for name in measured.faults
        for law in FAULTS[name].laws
        if measured.cases(name, law) == NEVER
    ]


def condemned(measured):
    """Complaints about sound implementations that a law rejects."""
    return [
        f"{name} is sound, but {verdict} by {law} with seed {seed}"
        for name, runs in measured.runs.items()
        if name not in FAULTS
        for seed, run in runs.items()
        for law, (verdict, *_) in run.items()
        if verdict in FAILURES
    ]


def idle(measured):
    """Complaints about laws that are needed for no fault, and are not among the three quickest for any."""
    laws = [law for law in PUBLIC if not measured.needing(law) and not measured.among_first(law)]
    return [f"{law} is needed for no fault, nor among the three quickest for any" for law in laws]


def too_few(measured):
    """Complaints about missing runs of sound variants."""
    count = sum(len(runs) for name, runs in measured.runs.items() if name in SOUND)
    return [f"{count} runs of sound variants should be {SOUND_RUNS} at least"] if count < SOUND_RUNS else []


def problems(measured, *, complete):
    """All violated requirements; a part of the corpus says nothing about the worth of laws."""
    every = [*unrejected(measured), *mistaken(measured), *condemned(measured)]
    return [*every, *idle(measured), *too_few(measured)] if complete else every
