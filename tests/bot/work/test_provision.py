"""From approved to done: what is written before and after each call, and what stops it in between."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from approvals.record.claims import Claim
from approvals.record.database import ClaimLost
from approvals.request import Draft, Request
from approvals.states import EventType
from bot.context import LEASE
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from bot.work.provision import Provisioning
from tests.bot.journeys.scenes import ask, calls, card, history, playing, state, teams_of
from tests.says import says

MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
EACH = ["trying", "answered"]


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        yield running


def approved(s: Stage) -> Claim:
    """A move that Priya has said yes to, taken by one worker."""
    ask(s, *MOVE)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    claim = s.bot.store.claim("here/1/9", LEASE)
    assert claim
    s.miro.log.clear()
    return claim


def run(s: Stage, claim: Claim) -> Request:
    """Goes on as far as it can; nothing else is done."""
    request = s.bot.store.request(claim.request)
    after = Provisioning(s.bot.context, s.bot.miro, s.bot.people, request, claim).run()
    with suppress(ClaimLost):  # the end of its work has released it
        s.bot.store.release(claim)
    return after


def since(s: Stage, id: str) -> list[str]:
    """What the record says happened since the approval."""
    whole = history(s, id)
    return whole[whole.index("approved") + 1 :]


def all_calls(s: Stage) -> list[str]:
    return calls(s, "GET", "POST", "PATCH", "PUT", "DELETE")


def join(s: Stage) -> str:
    return f"PATCH /Groups/{s.teams['Design']}"


def leave(s: Stage) -> str:
    return f"PATCH /Groups/{s.teams['Engineering']}"


def test_it_takes_one_look_one_write_for_each_fact_and_one_look(s: Stage) -> None:
    s.miro.join("alex@example.com", s.teams["IT Administration"])  # so that nobody can fall out of Miro
    claim = approved(s)
    after = run(s, claim)
    assert all_calls(s) == ["GET /Users", join(s), leave(s), "GET /Users"]
    assert (after.state, since(s, after.id)) == ("done", [*EACH, *EACH, "done"])


def test_before_the_only_team_is_left_the_new_one_is_looked_at(s: Stage) -> None:
    after = run(s, approved(s))
    assert all_calls(s) == ["GET /Users", join(s), "GET /Users", leave(s), "GET /Users"]
    assert after.state == "done"


def test_what_was_taken_back_since_it_was_read_is_left_alone(s: Stage) -> None:
    claim = approved(s)
    stale = s.bot.store.request(claim.request)
    s.bot.store.append(stale, [Draft(EventType.WITHDRAWN, stale.requester)])
    with pytest.raises(ClaimLost):
        Provisioning(s.bot.context, s.bot.miro, s.bot.people, stale, claim).run()
    assert all_calls(s) == ["GET /Users"]
    assert history(s, claim.request)[-1] == "withdrawn"


def test_an_answer_that_shows_no_effect_is_looked_after_before_the_next_call(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", active=False)
    ask(s, "U0JO", "/miro-access", "for Design because of the workshop")
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    claim = s.bot.store.claim("here/1/9", LEASE)
    assert claim
    s.miro.log.clear()
    s.miro.faults.append(Fault("PATCH", "/Users/", saying=lambda own: own | {"active": False}))
    after = run(s, claim)
    assert [call.split()[0] for call in all_calls(s)[:3]] == ["GET", "PATCH", "GET"]
    assert after.state == "done"


def test_a_card_that_could_not_be_delivered_meanwhile_stops_nothing(s: Stage) -> None:
    claim = approved(s)
    stale = s.bot.store.request(claim.request)
    s.bot.store.append(stale, [Draft(EventType.UNREACHED, words={"text": "I can't reach Sam Lee."})])
    after = Provisioning(s.bot.context, s.bot.miro, s.bot.people, stale, claim).run()
    assert after.state == "done"


def test_what_is_tried_is_written_before_each_call_and_what_came_of_it_after(s: Stage) -> None:
    claim, written = approved(s), list[list[str]]()
    s.miro.faults.append(Fault("PATCH", times=2, then=lambda: written.append(since(s, claim.request))))
    run(s, claim)
    assert written == [["trying"], [*EACH, "trying"]]
    tried = [one.body["call"] for one in s.bot.store.events(claim.request) if one.type == "trying"]
    assert tried == [join(s), leave(s)]


def test_a_claim_lost_in_the_middle_writes_nothing_more(s: Stage) -> None:
    claim = approved(s)
    s.miro.faults.append(Fault("PATCH", then=lambda: s.bot.store.free(claim.owner)))
    with pytest.raises(ClaimLost):
        run(s, claim)
    assert (calls(s), since(s, claim.request)) == ([join(s)], ["trying"])
    assert teams_of(s, "alex@example.com") == {"Engineering", "Design"}
    s.miro.log.clear()
    s.settle()  # whoever has it now sees what was done, and does what is left
    assert (calls(s), state(s, claim.request)) == ([leave(s)], "done")


def test_the_lease_is_renewed_before_each_call(s: Stage) -> None:
    claim, left = approved(s), list[bool]()
    almost = LEASE * 0.9

    def slow() -> None:
        """One call takes almost the whole lease; another worker looks for work in the meantime."""
        s.clock.pass_(almost)
        left.append(s.bot.store.claim("there/2/0", LEASE) is None)

    s.miro.faults.append(Fault("PATCH", times=2, then=slow))
    after = run(s, claim)
    assert left == [True, True], "nobody else may take the request while a call is on its way"
    assert (after.state, calls(s)) == ("done", [join(s), leave(s)])


def test_another_account_under_the_address_proves_nothing(s: Stage) -> None:
    claim = approved(s)
    alex = s.miro.user("alex@example.com")
    assert alex
    s.miro.delete("alex@example.com")
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    after = run(s, claim)
    assert (after.state, all_calls(s)) == ("stopped", ["GET /Users", f"GET /Users/{alex.id}"])
    assert after.outcome and says(after.outcome.text) == (
        "Miro has another account under this address than the one that was approved."
    )


@pytest.mark.parametrize(
    "how", [{"status": 502, "body": "html"}, {"status": 500}, {"cut": "before"}], ids=str
)
def test_an_answer_that_never_came_may_have_changed_something(s: Stage, how: dict[str, object]) -> None:
    s.miro.faults.append(Fault("PATCH", times=3, **how))  # type: ignore[arg-type]
    after = run(s, approved(s))
    assert (after.state, after.progress.has_changed, after.may_have_changed) == ("stopped", False, True)
    assert all_calls(s) == [*["GET /Users", join(s)] * 3, "GET /Users"]
    assert since(s, after.id) == [*EACH * 3, "stopped"]


def test_a_token_refused_at_a_call_has_changed_nothing_and_counts_as_no_try(s: Stage) -> None:
    s.miro.faults.append(Fault("PATCH", status=401))
    after = run(s, approved(s))
    assert (after.state, after.may_have_changed, after.progress.tried) == ("working", False, ())
    assert since(s, after.id) == [*EACH, "held"] and calls(s) == [join(s)]


def test_a_no_about_what_is_so_all_the_same_is_no_reason_to_stop(s: Stage) -> None:
    claim = approved(s)
    by_hand = Fault("PATCH", status=409, then=lambda: s.miro.join("alex@example.com", s.teams["Design"]))
    s.miro.faults.append(by_hand)
    after = run(s, claim)
    assert (after.state, calls(s)) == ("done", [join(s), leave(s)])


def test_a_call_that_miro_accepts_without_doing_it_is_followed_by_no_other(s: Stage) -> None:
    s.miro.faults.append(Fault("PATCH", no_effect=True))
    after = run(s, approved(s))
    assert (after.state, after.progress.looks) == ("working", 1)
    assert calls(s) == [join(s)] and since(s, after.id) == [*EACH, "unseen"]


def test_an_action_that_this_version_does_not_know_stops_with_its_remedy(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = approved(s)
    monkeypatch.setattr("bot.context.COMMANDS", {})
    after = run(s, claim)
    assert (after.state, all_calls(s)) == ("stopped", [])
    assert after.outcome and says(after.outcome.text) == "This version doesn't know the action move-team."
    assert says(after.outcome.remedy) == "Install the version that created this request"
