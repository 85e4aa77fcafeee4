"""A list under Miro's quota on a virtual clock: as fast as is legal, and urgent single requests go first."""

from pathlib import Path

from tests.bench.bulk import URGENT, carried_out, world


def test_a_list_takes_hardly_longer_than_miros_limits_allow(tmp_path: Path) -> None:
    with world(tmp_path, 150, 300) as s:
        run = carried_out(s, "offboard", 150, is_interrupted=True)
    assert (run.done, run.refused) == (150, 0)
    assert run.is_met, run
    assert run.urgent is not None
    assert run.urgent <= URGENT


def test_lines_of_one_group_share_the_cheapest_calls(tmp_path: Path) -> None:
    with world(tmp_path, 250, 600) as s:
        run = carried_out(s, "join", 250)
        [large] = [each for each in s.miro.log if each.method == "PATCH"]
    assert run.done == len(large.body["Operations"][0]["value"]) == 250
    assert run.is_met, run
