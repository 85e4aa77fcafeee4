"""One look at Miro before anybody is asked, and none where it makes no difference."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from approvals.ids import RequestId, unstamp
from approvals.record.database import ClaimLost
from approvals.request import Request
from approvals.sentence import Sentence
from bot.context import LEASE
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.work.check import check
from tests.bot.journeys.scenes import ask, history, newest_request, playing, told
from tests.says import says

ACCESS = ("/miro-access", "for Engineering because I start Monday")
BOSSLESS = POLICY.replace('"alex@example.com" = "priya@example.com"\n', "").replace(
    'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }',
    'request-access = { ask = ["anyone"], approvers = ["manager"] }',
)


def sent(s: Stage, user: str = "U0ALEX", *command: str) -> RequestId:
    """A request that was saved, and that nobody has looked at yet."""
    assert s.acting.command(user, *(command or ACCESS)).ok
    reply = s.acting.submit(user)
    assert reply.ok and not reply.errors, reply
    s.miro.log.clear()
    return newest_request(s).id


def checked(s: Stage, id: RequestId) -> Request:
    """What becomes of it; nothing else is done."""
    claim = s.bot.store.claim("here/1/9", LEASE)
    assert claim and claim.request == id
    after = check(s.bot.context, s.bot.miro, s.bot.people, s.bot.store.request(id), claim)
    with suppress(ClaimLost):  # the end of its work has released it
        s.bot.store.release(claim)
    return after


def looked(s: Stage) -> list[str]:
    """For whom Miro was looked through, each time it was called."""
    assert {one.method for one in s.miro.log} <= {"GET"}
    return [one.path.partition("&filter=")[2].partition("&")[0] for one in s.miro.log]


def test_exactly_one_look_comes_before_asking(s: Stage) -> None:
    id = sent(s)
    after = checked(s, id)
    assert looked(s) == ['userName eq "alex@example.com"']
    assert (after.state, history(s, id)) == ("waiting", ["asked", "planned"])
    assert [step.call for step in after.plan.steps] == [
        "POST /Users",
        f"PATCH /Groups/{s.teams['Engineering']}",
    ]
    assert [s.bot.context.person(one).called for one in after.asking.notified] == [
        "Priya Rao",
        "Carol Diaz",
        "Sam Lee",
    ]


def test_an_admin_who_may_be_the_last_takes_a_second_look(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", admin=True)
    checked(s, sent(s, "U0LENA", "/miro-offboard", "deactivate jo@example.com because last day"))
    assert looked(s) == ['userName eq "jo@example.com"', "active eq true"]


def test_the_same_ask_joins_the_older_one_without_a_look(s: Stage) -> None:
    first = ask(s, "U0ALEX", *ACCESS)
    after = checked(s, sent(s))
    assert (after.state, after.because_of) == ("joined", first)
    alex = s.bot.store.request(first).requester
    text = after.outcome and says(after.outcome.text)
    assert text == f"Already requested: {first} by {alex}."
    assert s.miro.log == []


def test_what_is_so_already_asks_nobody(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_user("alex@example.com", enterprise={"organization": "Example Ltd"})
    after = checked(s, sent(s))
    assert (after.state, after.asking.notified) == ("nothing to do", ())
    assert after.outcome and after.outcome.text == Sentence.of("so-already-for", person=after.requester)
    assert looked(s) == ['userName eq "alex@example.com"']


def test_while_miro_is_away_nobody_is_asked_and_each_wait_is_longer(s: Stage) -> None:
    id, waits = sent(s), []
    s.miro.faults.append(Fault("GET", "/Users", status=500, times=3))
    for _ in range(3):
        assert checked(s, id).state == "checking"
        *_, held = s.bot.store.events(id)
        waits.append(unstamp(str(held.body["next_try_at"])) - s.clock())
        s.clock.pass_(waits[-1])
    assert waits == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert history(s, id) == ["asked", "held", "held", "held"] and told(s, "U0PRIYA") == []
    assert checked(s, id).state == "waiting"


def test_while_slack_does_not_say_who_asks_miro_is_not_looked_at(s: Stage) -> None:
    id = sent(s)
    s.slack.fault("users.info", status=503)
    after = checked(s, id)
    assert (after.state, s.miro.log) == ("checking", [])
    assert says(after.progress.held) == f"Slack isn't responding. {id} is saved and continues by itself."


def test_an_address_outside_the_companys_domains_is_refused_without_a_look(s: Stage) -> None:
    s.slack.add_person("U0OUT", "out@elsewhere.org", "Robin Out")
    after = checked(s, sent(s, "U0OUT"))
    assert (after.state, s.miro.log) == ("refused", [])
    assert after.outcome and says(after.outcome.text) == (
        "I can only change accounts in example.com, so not out@elsewhere.org. Ask your IT team."
    )


def test_what_nobody_could_decide_is_refused_without_a_look(tmp_path: Path) -> None:
    with playing(tmp_path, BOSSLESS) as s:
        after = checked(s, sent(s))
        assert (after.state, s.miro.log) == ("refused", [])
        assert after.outcome and "Nobody can decide this" in says(after.outcome.text)
