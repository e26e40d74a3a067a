# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The table of mutations is of the code as it is; see tests/mutations."""

import pytest

from tests.mutations.mutation import ROOT, Mutation, Stale
from tests.mutations.table import MUTATIONS


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.name)
def test_mutation_is_of_this_tree(one: Mutation) -> None:
    # Where this fails: the code has changed, and tests/mutations has to follow.
    found = one.mutated()
    assert found != (ROOT / one.file).read_text()
    compile(found, one.file, "exec")
    for test in one.tests:
        assert (ROOT / "tests" / "unit" / test).is_file(), test


def test_each_name_is_there_once() -> None:
    names = [one.name for one in MUTATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("old", ["nowhere", "import"])
def test_text_that_is_not_there_once_is_told(old: str) -> None:
    one = Mutation("m", "exordos_mail/dataplane/engine/files.py", old, "", "", ())
    with pytest.raises(
        Stale, match=r"^m: exordos_mail/dataplane/engine/files.py has the text"
    ):
        one.mutated()


def test_file_that_is_not_there_is_told() -> None:
    with pytest.raises(Stale, match="there is no file"):
        Mutation("m", "exordos_mail/nothing.py", "", "", "", ()).mutated()
