"""The faults, each in a place where it would do harm and nobody would see it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A change of one file that tests have to find."""

    name: str
    path: str
    old: str
    """What stands there exactly once."""
    new: str
    tests: tuple[str, ...]
    """Where it has to be found."""


CLAIMS, FOLDING = "approvals/record/claims.py", "approvals/folding.py"
PROVISION, OUTBOX = "bot/work/provision.py", "approvals/record/outbox.py"
ELIGIBLE, TALLY, DECIDE = (f"approvals/decide/{name}.py" for name in ("eligible", "tally", "decide"))
SEATS, ASKING = "approvals/policy/seats.py", "approvals/decide/asking.py"
DATABASE, SQLITE = "approvals/record/database.py", "approvals/record/sqlite.py"

IN_RECORD = ("tests/approvals/record",)
IN_CLAIMS = ("tests/approvals/record/test_claims.py", "tests/regressions/record/test_urgent_claims.py")
IN_CREDITS = ("tests/regressions/miro/test_urgent_work.py", "tests/approvals/record/test_store.py")
IN_WORK = ("tests/bot/work/test_provision.py", "tests/bot/journeys/test_meanwhile.py")
IN_TROUBLE = (*IN_WORK, "tests/bot/journeys/test_miro_troubles.py", "tests/bot/actions/test_contract.py")
IN_DECIDING = ("tests/approvals/decide",)
IN_SEATS = ("tests/approvals/decide", "tests/approvals/policy")
IN_FOLDING = ("tests/approvals/test_every_state.py", "tests/approvals/test_request.py", *IN_DECIDING)
IN_OUTBOX = (
    "tests/approvals/record/test_outbox.py",
    "tests/approvals/record/test_pages.py",
    "tests/bot/slack/test_deliverer.py",
)
IN_DIRECTORY = ("tests/bot/directory/test_requests.py",)

MUTATIONS = (
    # -- who works on what ---------------------------------------------------------------------------------
    Mutation(
        "a lease never ends",
        CLAIMS,
        'NOT BETWEEN ? AND ?",\n            *[stamp(latest)]',
        'NOT BETWEEN ? AND ? AND 1 = 0",\n            *[stamp(latest)]',
        IN_CLAIMS,
    ),
    Mutation(
        "what ran out is renewed",
        CLAIMS,
        "AND coalesce(lease_until, '') >= ?",
        "AND ? IS NOT NULL",
        IN_CLAIMS,
    ),
    Mutation(
        "an older claim writes",
        CLAIMS,
        "AND owner = ? AND attempt = ?",
        "AND owner = ? AND attempt >= ?",
        IN_CLAIMS,
    ),
    Mutation(
        "two work in one lane",
        CLAIMS,
        "AND busy.lease_until IS NOT NULL))",
        "AND busy.lease_until IS NULL))",
        IN_CLAIMS,
    ),
    Mutation(
        "ordinary work starves", CLAIMS, "self._claims % SHARE == SHARE - 1 and", "False and", IN_CLAIMS
    ),
    Mutation(
        "the dead go on",
        CLAIMS,
        "attempt = attempt + 1 WHERE owner = ?",
        "attempt = attempt WHERE owner = ?",
        IN_CLAIMS,
    ),
    Mutation(
        "what has begun is last", CLAIMS, 'return "0" if has_begun', 'return "9" if has_begun', IN_CLAIMS
    ),
    Mutation(
        "no reserve for the urgent", CLAIMS, "max(until, with_reserve - LENT)", "max(until, now)", IN_CREDITS
    ),
    Mutation(
        "what isn't understood is worked on",
        CLAIMS,
        'return all(row["format"] <= FORMATS.get(row["type"], 0) for row in rows)',
        "return True",
        (*IN_CLAIMS, "tests/approvals/record/test_store.py", "tests/approvals/record/test_turns.py"),
    ),
    Mutation(
        "an approval doesn't wait for the start",
        "approvals/request.py",
        "return request.state in ACTIVE and not waits and not request.untouchable",
        "return request.state in ACTIVE and not request.untouchable",
        IN_CLAIMS,
    ),
    # -- bringing it about ---------------------------------------------------------------------------------
    Mutation(
        "a call without a lease", PROVISION, "self.context.store.renew(self.claim, LEASE)", "pass", IN_WORK
    ),
    Mutation("no look before leaving", PROVISION, "if number and not step.sure:", "if False:", IN_TROUBLE),
    Mutation(
        "an answer that shows nothing is built on",
        PROVISION,
        'if not is_shown or (step.goal.code == "account" and not id):',
        "if False:",
        IN_WORK,
    ),
    Mutation(
        "another plan is carried out",
        PROVISION,
        "if not (approved and plan.part_of(self.request.plan)):",
        "if not approved:",
        IN_WORK,
    ),
    Mutation(
        "a card that can't be delivered stops a change",
        PROVISION,
        "            except Overtaken:",
        "            except KeyError:",
        (*IN_WORK, "tests/bot/journeys/test_slack_troubles.py"),
    ),
    Mutation("one try more", PROVISION, ">= TRIES:", "> TRIES:", IN_TROUBLE),
    Mutation(
        "a call that did nothing counts",
        PROVISION,
        "str(error), nothing_done=True)",
        "str(error))",
        IN_TROUBLE,
    ),
    Mutation(
        "what was accepted is sent again",
        PROVISION,
        "if step.goal.code in self.request.progress.accepted]",
        "if False]",
        IN_TROUBLE,
    ),
    Mutation(
        "another account proves it",
        PROVISION,
        'if approved_id and plan.miro_id not in ("", approved_id):',
        "if False:",
        (*IN_WORK, "tests/bot/failures", "tests/regressions/people/test_which_account.py"),
    ),
    Mutation(
        "nobody is looked at before the first write",
        PROVISION,
        "check_again(self.context, self.colleagues, self.miro, request, command)",
        "pass",
        (*IN_WORK, "tests/bot/journeys/test_wrong_people.py"),
    ),
    # -- who may decide ------------------------------------------------------------------------------------
    Mutation("somebody says yes twice", ELIGIBLE, "if again and any(", "if any(", IN_DECIDING),
    Mutation(
        "who asked for the same decides",
        ELIGIBLE,
        '"You requested the same, so someone else has to decide.": table.followers,',
        "",
        IN_DECIDING,
    ),
    Mutation(
        "a decision at the very end",
        ELIGIBLE,
        "table.now >= request.deadlines.expires_at",
        "table.now > request.deadlines.expires_at",
        IN_DECIDING,
    ),
    Mutation(
        "a vote counts in any step",
        TALLY,
        "is_next = vote.step == number and",
        "is_next = vote.step <= number and",
        IN_DECIDING,
    ),
    Mutation(
        "a vote of a shell always counts",
        TALLY,
        "if vote.shell and not self.policy.command_line_decides:",
        "if False:",
        IN_DECIDING,
    ),
    Mutation(
        "one person in two steps",
        TALLY,
        "others = [*counted, *([] if self.rule.same_person_twice else before)]",
        "others = [*counted]",
        IN_DECIDING,
    ),
    Mutation(
        "a delegate is one more",
        SEATS,
        "len({seat.principal for seat in seats",
        "len({seat.person.id for seat in seats",
        IN_SEATS,
    ),
    Mutation(
        "a stand-in is counted as fallback too", SEATS, "own | ({*spare} - busy)", "own | {*spare}", IN_SEATS
    ),
    Mutation(
        "another revision is approved",
        DECIDE,
        "if revision != request.plan.revision:",
        "if False:",
        IN_DECIDING,
    ),
    Mutation(
        "who said yes can't say no",
        DECIDE,
        "seat(request, actor, table, again=True)\n    if not reason",
        "seat(request, actor, table)\n    if not reason",
        IN_DECIDING,
    ),
    Mutation(
        "a change of policy ends it at once",
        ASKING,
        "max(later(planned_at, rule.expires, policy), later(change, NOTICE, policy))",
        "later(planned_at, rule.expires, policy)",
        IN_DECIDING,
    ),
    # -- what Slack still has to be shown ------------------------------------------------------------------
    Mutation(
        "two send one thing",
        OUTBOX,
        'AND key = ? AND lease = ?"',
        'AND key = ? AND ? IS NOT NULL"',
        IN_OUTBOX,
    ),
    Mutation(
        "a lease of a clock that was ahead lasts",
        OUTBOX,
        "not stamp(now) <= item.lease <= stamp(now + LEASE + SKEW)",
        "not stamp(now) <= item.lease",
        IN_OUTBOX,
    ),
    Mutation(
        "what changed while it was drawn is shown",
        OUTBOX,
        '_SHOWN = "shown = ?, tries',
        '_SHOWN = "shown = max(?, outbox.wanted), tries',
        IN_OUTBOX,
    ),
    Mutation("no try is counted", OUTBOX, "item.tries + is_counted", "item.tries", IN_OUTBOX),
    Mutation(
        "the newest message goes first",
        OUTBOX,
        "BETWEEN ? AND ? ORDER BY next_try_at, id LIMIT ?",
        "BETWEEN ? AND ? ORDER BY next_try_at, id DESC LIMIT ?",
        IN_OUTBOX,
    ),
    Mutation(
        "a page that changed on its way counts as known",
        OUTBOX,
        "if after and after.wanted != item.wanted:",
        "if False:",
        IN_OUTBOX,
    ),
    Mutation(
        "a sender that lost its lease goes on",
        OUTBOX,
        "            if after is None:\n                raise ClaimLost",
        "            if False:\n                raise ClaimLost",
        IN_OUTBOX,
    ),
    # -- what is so ----------------------------------------------------------------------------------------
    Mutation(
        "votes outlive a plan",
        FOLDING,
        "asked = changed(request.asking, votes=(), since={}",
        "asked = changed(request.asking, since={}",
        IN_FOLDING,
    ),
    Mutation(
        "a stand-in leaves a seat open",
        FOLDING,
        "if id not in (vote.by, vote.principal))",
        "if id != vote.by)",
        (*IN_FOLDING, "tests/approvals/record/test_store_finding.py"),
    ),
    Mutation(
        "a call that did nothing has changed something",
        FOLDING,
        'after = {"unclear": before.unclear - 1, "tried": before.tried[:-1]}',
        'after = {"unclear": before.unclear - 1}',
        (*IN_FOLDING, *IN_TROUBLE),
    ),
    Mutation(
        "what a newer program wrote is read on",
        FOLDING,
        "if request and request.untouchable:",
        "if False:",
        ("tests/approvals/test_request.py", *IN_RECORD),
    ),
    # -- the database --------------------------------------------------------------------------------------
    Mutation(
        "half of a turn is committed",
        DATABASE,
        "                self._mine.failed = True",
        "                pass",
        IN_RECORD,
    ),
    Mutation(
        "what was taken back is still read",
        DATABASE,
        "self.forget()  # it was read inside the failed transaction",
        "pass",
        IN_RECORD,
    ),
    Mutation(
        "the last to come is first",
        DATABASE,
        "self._queue.popleft().release()",
        "self._queue.pop().release()",
        IN_RECORD,
    ),
    Mutation("NUL is stored", DATABASE, 'type(value) is str and "\\0" in value', "False", IN_RECORD),
    Mutation("a reader before writing", SQLITE, '"BEGIN IMMEDIATE"', '"BEGIN"', IN_RECORD),
    Mutation("a failed turn stays", SQLITE, 'self.db.execute("ROLLBACK TO turn")', "pass", IN_RECORD),
    # -- later, by hand, and at the end ----------------------------------------------------------------------
    Mutation(
        "what was done by hand is called done unseen",
        PROVISION,
        "if not any(step.goal.is_visible for step in plan.steps):",
        "if plan is not None:",
        ("tests/bot/journeys/test_hand_over.py",),
    ),
    Mutation(
        "who came back is deleted",
        "bot/work/ending.py",
        "seen.account and seen.account.active is not False",
        "seen.account and seen.account.active is None",
        ("tests/bot/journeys/test_cooling_off.py",),
    ),
    Mutation(
        "the last admin's rights end",
        "bot/work/ending.py",
        "request.is_end and demotes(goals, seen) and not seen.other_admin",
        "request.is_end and demotes(goals, seen) and seen.other_admin is None",
        ("tests/bot/journeys/test_endings.py",),
    ),
    Mutation(
        "an end overtakes what started before it",
        "bot/work/clock.py",
        "at < ended.ending.ends_at for at in starts",
        "at > ended.ending.ends_at for at in starts",
        ("tests/campaigns/test_downtime.py",),
    ),
    # -- directories -----------------------------------------------------------------------------------------
    Mutation(
        "a source reads another's people",
        "bot/directory/search.py",
        "Selection(\"source = ? AND deleted_at = '' AND kind = ?\"",
        "Selection(\"source != ? AND deleted_at = '' AND kind = ?\"",
        ("tests/bot/directory/test_service.py",),
    ),
    Mutation(
        "a revoked token counts",
        "bot/directory/tokens.py",
        "WHERE digest = ? AND revoked_at = ''",
        "WHERE digest = ?",
        ("tests/bot/directory/test_service.py",),
    ),
    Mutation(
        "a misspelt group closes accounts",
        "bot/directory/asking/mapping.py",
        "if rules.account and key(rules.account) not in there:",
        "if rules.account and not there:",
        IN_DIRECTORY,
    ),
    Mutation(
        "who asked within the hour isn't counted",
        "bot/directory/asking/mapping.py",
        "if len(people) + recent.get(action, 0) > rules.hold_above",
        "if len(people) > rules.hold_above",
        IN_DIRECTORY,
    ),
    Mutation(
        "the last admins go one by one",
        "bot/directory/asking/mapping.py",
        "for email, id in admins.items() if email not in leaving}",
        "for email, id in admins.items()}",
        IN_DIRECTORY,
    ),
    Mutation(
        "others than were shown are let through",
        "bot/directory/asking/requests.py",
        "if push and push.key != shown:",
        "if push and not shown:",
        IN_DIRECTORY,
    ),
    Mutation(
        "an event counts twice",
        "bot/directory/webhook.py",
        "if store.once(",
        "if not store.has(",
        ("tests/bot/directory/test_lists.py",),
    ),
    Mutation(
        "an older event overwrites a newer one",
        "bot/directory/lists.py",
        "if changed > at and name",
        "if changed > at > changed and name",
        ("tests/bot/directory/test_lists.py",),
    ),
    Mutation(
        "two directories take the last admins at once",
        "bot/directory/asking/requests.py",
        "if TAKES & {change.action for change in changes} and push.is_last_admin(id):",
        "if TAKES & {change.action for change in changes} and push.is_last_admin(id) and not id:",
        IN_DIRECTORY,
    ),
    Mutation(
        "a word from the future blocks its source",
        "bot/directory/lists.py",
        "AHEAD = timedelta(minutes=10)",
        "AHEAD = timedelta(days=4000)",
        ("tests/bot/directory/test_lists.py",),
    ),
    Mutation(
        "an end takes somebody's only team",
        "bot/miro/groups.py",
        "if not self.boards_pass or seen.other_team or self.sure(seen):",
        "if not self.boards_pass or seen.account or self.sure(seen):",
        ("tests/bot/journeys/test_endings.py",),
    ),
    Mutation(
        "an end that has to wait isn't said before approval",
        "bot/work/check.py",
        "    return with_end(context, command, plan, own)",
        "    return plan",
        ("tests/bot/journeys/test_endings.py",),
    ),
)
