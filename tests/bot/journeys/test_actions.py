"""Each of the seven actions once, from the slash command to what Miro shows."""

from bot.sandbox.miro.organization import ADMIN, MEMBER
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, calls, card, last, read, request, state, teams_of, told


def test_somebody_new_gets_an_account_and_a_team(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert "Give Alex Smith access to Engineering?" in read(card(s, "U0PRIYA"))
    assert calls(s) == []
    approve(s, "U0PRIYA")
    user = s.miro.user("alex@example.com")
    assert user and user.enterprise == {"organization": "Example Ltd"}
    assert teams_of(s, "alex@example.com") >= {"Engineering"}
    assert calls(s) == ["POST /Users", f"PATCH /Groups/{s.teams['Engineering']}"]
    assert state(s, id) == "done"
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering in Miro")
    assert s.bot.store.people.by_email("alex@example.com").miro_id == user.id  # type: ignore[union-attr]


def test_somebody_deactivated_is_reactivated_before_joining(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", active=False)
    ask(s, "U0ALEX", "/miro-access", "for Design because we draw")
    assert "Reactivate the account" in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    user = s.miro.user("alex@example.com")
    assert user and user.active
    assert "Design" in teams_of(s, "alex@example.com")


def test_moving_joins_the_new_team_before_leaving(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    assert "Alex's boards there go to a team admin" in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    assert teams_of(s, "alex@example.com") == {"Design"}
    assert calls(s) == [f"PATCH /Groups/{s.teams['Design']}", f"PATCH /Groups/{s.teams['Engineering']}"]
    assert state(s, id) == "done"


def test_an_admin_is_made_last_and_both_are_told(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    words = '<@U0ALEX|alex> from Engineering to "IT Administration" because Alex joins IT on Monday'
    id = ask(s, "U0DANA", "/miro-admin", words)
    approve(s, "U0CAROL")
    user = s.miro.user("alex@example.com")
    assert user and user.role == ADMIN
    assert teams_of(s, "alex@example.com") == {"IT Administration"}
    assert calls(s)[-1] == f"PATCH /Users/{user.id}"
    assert last(s, "U0ALEX").startswith("✅ You're a Company Admin of Miro")
    assert last(s, "U0DANA").startswith("✅ Alex Smith is a Company Admin of Miro")
    assert "All three changes" in last(s, "U0DANA")
    assert [vote.by for vote in request(s, id).asking.votes] == list(request(s, id).asking.decided_by)


def test_an_admin_role_leaves_the_organization_role_alone(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    ask(s, "U0DANA", "/miro-admin", "<@U0ALEX|alex> because boards", rights="Content Admin")
    approve(s, "U0SAM")
    user = s.miro.user("alex@example.com")
    assert user and (user.role, user.admin_roles) == (MEMBER, ("Content Admin",))


def test_rights_are_taken_away_again(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]], admin=True)
    ask(s, "U0DANA", "/miro", "remove-admin <@U0ALEX|alex> because Alex left IT")
    approve(s, "U0CAROL")
    user = s.miro.user("alex@example.com")
    assert user and user.role == MEMBER
    assert last(s, "U0ALEX").startswith("✅ You're no longer a Company Admin of Miro")


def test_a_leaver_is_demoted_deactivated_and_told_nothing(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]], admin=True)
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    assert read(card(s, "U0PRIYA")).startswith("⏳ Confidential: deactivate Jo Park?")
    approve(s, "U0PRIYA")
    user = s.miro.user("jo@example.com")
    assert user and (user.active, user.role) == (False, MEMBER)
    assert state(s, id) == "done"
    assert told(s, "U0JO") == []


def test_a_deleted_leaver_is_gone_and_the_card_said_final(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    ask(s, "U0LENA", "/miro-offboard", "jo@example.com because contract ended", how="delete")
    assert "This can't be undone." in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    assert s.miro.user("jo@example.com") is None
    assert calls(s)[-1].startswith("DELETE /Users/")
    assert told(s, "U0JO") == []


def test_a_deactivated_account_is_opened_again(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]], active=False)
    ask(s, "U0LENA", "/miro", "reactivate jo@example.com because Jo is back")
    approve(s, "U0PRIYA")
    user = s.miro.user("jo@example.com")
    assert user and user.active
    assert last(s, "U0JO").startswith("✅ You're active in Miro again")


def test_renaming_a_group_keeps_the_name_people_know(s: Stage) -> None:
    ask(s, "U0DANA", "/miro", 'rename-group Engineering "g_app_proeng_all" because the directory says so')
    assert "from Engineering to g_app_proeng_all" in read(card(s, "U0CAROL"))
    approve(s, "U0CAROL")
    team = s.miro.team(s.teams["Engineering"])
    assert (team.displayName, team.team_name) == ("g_app_proeng_all", "Engineering")
    assert s.acting.command("U0ALEX", "/miro-access", "for Engineering because boards").ok
    shown = str(s.acting.modal("U0ALEX"))
    assert "Engineering" in shown and "g_app_proeng_all" not in shown


def test_the_address_stands_where_the_wrong_person_would_be_dangerous(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "@alex because of it", person="U0ALEX")
    assert "(alex@example.com)" in str(card(s, "U0CAROL").blocks) and "Changes in Miro" in read(
        card(s, "U0CAROL")
    )
