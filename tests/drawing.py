"""Cases as laws have them, drawn by Hypothesis."""

from hypothesis import strategies as st
from poolproof.properties.cases.choices import Drawn


@st.composite
def cases_of(draw, builder):
    """The cases of a builder."""
    return builder.case(Drawn(draw))
