"""The catalogue of faults keeps in step with the code and with the tests."""

import ast
from collections import Counter

import pytest

from tests.mutations.__main__ import ROOT
from tests.mutations.catalogue import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_fault_can_still_be_put_where_it_was(mutation: Mutation) -> None:
    text = (ROOT / mutation.path).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1
    ast.parse(text.replace(mutation.old, mutation.new))
    assert all((ROOT / test).exists() for test in mutation.tests)


def test_no_two_faults_have_one_name() -> None:
    assert len(MUTATIONS) >= 30
    assert set(Counter(one.name for one in MUTATIONS).values()) == {1}
