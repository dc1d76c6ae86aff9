"""The claims of laws are stated in words, each of them once."""

import pytest
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.claims import CLAIMS, OF_HUGE, claim
from poolproof.properties.lawbook.huge import HUGE


def test_every_law_has_a_claim_in_the_order_of_the_laws():
    assert list(CLAIMS) == list(LAWS)


@pytest.mark.parametrize("text", CLAIMS.values())
def test_a_claim_is_a_sentence(text):
    assert text[0].isupper()
    assert text.endswith(".")
    assert ". " not in text


def test_huge_laws_have_one_together():
    assert {claim(name) for name in HUGE} == {OF_HUGE}
    assert claim("no law") == ""
