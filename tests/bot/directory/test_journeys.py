"""What Okta and Entra ID send over HTTP, as their pages print it, ends in the right state of Miro."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.directory.asking.feeder import QUIET
from bot.directory.lists import secret_of
from bot.directory.models import MIRO
from bot.directory.service import application, refusal
from bot.directory.store import ENTERPRISE, Directories, Kind
from bot.directory.tokens import Tokens
from bot.sandbox.stage import Stage
from bot.slack.door.serving import serving
from tests.bot.directory.provider import GROUP, USER, Provider
from tests.bot.directory.scenes import POLICY_WITH_OKTA
from tests.bot.journeys.scenes import playing, teams_of
from tests.bot.journeys.shell import machine

ALEX, NEW = "alex@example.com", "alex.smith@example.com"
JOINER = {
    "schemas": [USER],
    "userName": ALEX,
    "externalId": "00u1",
    "name": {"givenName": "Alex", "familyName": "Smith"},
    "emails": [{"primary": True, "value": ALEX, "type": "work"}],
    "active": True,
}


@contextmanager
def provisioned(folder: Path, name: str) -> Iterator[tuple[Stage, Provider, Callable[[], None]]]:
    """A bot between a provider and Miro, and how a push ends."""
    with playing(folder, POLICY_WITH_OKTA.replace("[directory.okta]", f"[directory.{name}]")) as s:
        token = Tokens(s.bot.store.database, s.clock).create(name)
        door = application(s.bot.context)
        with (
            serving(door, "127.0.0.1", 0, 2, explain=refusal) as url,
            Provider(f"{url}/scim/v2", token) as provider,
        ):

            def end_push() -> None:
                s.settle()
                s.clock.pass_(QUIET + timedelta(seconds=1))
                s.settle()

            yield s, provider, end_push


def is_active(s: Stage, email: str) -> bool:
    user = s.miro.user(email)
    return bool(user and user.active)


def test_okta_from_the_joiner_to_the_leaver_and_back(tmp_path: Path) -> None:
    with provisioned(tmp_path, "okta") as (s, okta, end_push):
        assert okta.find("Users", f'userName eq "{ALEX}"') == []
        path = f"/Users/{(id := okta.create('Users', JOINER)['id'])}"
        groups = {}
        for name in ("miroUsers", "g_app_proeng_all", "g_app_design_all"):
            made = okta.create("Groups", {"schemas": [GROUP], "displayName": name, "members": []})
            groups[name] = f"/Groups/{made['id']}"
        for name in ("miroUsers", "g_app_proeng_all"):
            okta.patch(
                groups[name], {"op": "add", "path": "members", "value": [{"value": id, "display": ALEX}]}
            )
        end_push()
        assert teams_of(s, ALEX) >= {"Engineering"}
        okta.patch(groups["g_app_design_all"], {"op": "replace", "path": "members", "value": [{"value": id}]})
        okta.patch(groups["g_app_proeng_all"], {"op": "remove", "path": f'members[value eq "{id}"]'})
        okta.put(path, okta.get(path) | {"userName": NEW, "emails": [{"value": NEW, "primary": True}]})
        end_push()
        assert s.miro.user(ALEX) is None
        assert teams_of(s, NEW) == {"Everybody", "Design"}
        okta.patch(path, {"op": "replace", "value": {"active": False}})
        end_push()
        assert not is_active(s, NEW)
        okta.put(path, okta.get(path) | {"active": True})
        end_push()
        assert is_active(s, NEW)
        okta.patch(groups["g_app_design_all"], {"op": "replace", "path": "members", "value": []})
        end_push()
        assert "Design" not in teams_of(s, NEW)
        okta.delete(groups["g_app_design_all"])


def test_entra_id_from_the_joiner_to_the_soft_deletion(tmp_path: Path) -> None:
    with provisioned(tmp_path, "entra") as (s, entra, end_push):
        assert entra.find("Users", 'externalId eq "00u1"') == []
        path = f"/Users/{(id := entra.create('Users', JOINER | {'addresses': None, 'title': None})['id'])}"
        groups = {}
        for name in ("miroUsers", "g_app_proeng_all"):
            sent = {"schemas": [GROUP], "externalId": name, "displayName": name}
            groups[name] = f"/Groups/{entra.create('Groups', sent)['id']}"
            entra.patch(
                groups[name], {"op": "Add", "path": "members", "value": [{"$ref": None, "value": id}]}
            )
        end_push()
        assert teams_of(s, ALEX) >= {"Engineering"}
        department = f"{ENTERPRISE}:department"
        entra.patch(
            path,
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": NEW},
            {"op": "Replace", "path": "userName", "value": NEW},
            {"op": "Add", "path": department, "value": "R&D"},
        )
        team = groups["g_app_proeng_all"]
        entra.patch(team, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": id}]})
        end_push()
        user = s.miro.user(NEW)
        assert user and dict(user.enterprise)["department"] == "R&D"
        assert "Engineering" not in teams_of(s, NEW)
        entra.patch(path, {"op": "Replace", "path": "active", "value": "False"})
        end_push()
        assert not is_active(s, NEW)
        entra.patch(path, {"op": "Replace", "path": "active", "value": "True"})
        end_push()
        assert is_active(s, NEW)
        entra.delete(path)
        end_push()
        assert not is_active(s, NEW)


def test_what_miro_has_is_shown_beside_what_the_directory_says(tmp_path: Path) -> None:
    with provisioned(tmp_path, "okta") as (s, okta, _):
        s.clock.pass_(timedelta(hours=2))
        s.bot.housekeeping.tick()
        path = f"/Users/{okta.create('Users', JOINER | {'userName': 'carol@example.com'})['id']}"
        shown = okta.get(path)
        assert "Engineering" in shown[MIRO]["teams"]
        okta.put(path, shown | {MIRO: {"teams": ["Sales"]}})
        assert okta.get(path)[MIRO] == shown[MIRO]
        assert MIRO not in okta.get(path, excludedAttributes=MIRO)


def test_tokens_are_made_listed_and_revoked_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path, POLICY_WITH_OKTA) as (s, shell):
        assert shell.types("directory", "token", "list").startswith("No tokens.")
        token = shell.types("directory", "token", "create", "okta").splitlines()[-1]
        said = shell.types("directory", "token", "create", "oktaa", exits=1)
        assert said == "Error: The policy has no directory “oktaa”; it has okta."
        Tokens(s.bot.store.database, s.clock).create("hr")  # of a directory that the policy had before
        assert "takes lower-case letters" in shell.types("directory", "token", "create", "Oh no", exits=2)
        [first, second] = shell.json("directory", "token", "list")
        assert (first["source"], first["used_at"], second["source"]) == ("okta", None, "hr")
        assert token not in shell.types("directory", "token", "list")
        [found] = [each for each in shell.json("doctor") if each["what"] == "directories"]
        assert "the policy has no [directory.hr], so nothing is asked" in found["text"]
        shell.types("directory", "token", "revoke", "2")
        assert "No valid token has the number 2" in shell.types("directory", "token", "revoke", "2", exits=1)
        for number in ("abc", "0", "9" * 30):
            said = shell.types("directory", "token", "revoke", number, exits=2)
            assert f"{number!r} isn't a token's number. `miro-bot directory token list` shows them." in said
        [found] = [each for each in shell.json("doctor") if each["what"] == "directories"]
        assert found["text"] == "valid tokens: 1"
        (s.folder / "policy.toml").write_text("operators = [", encoding="utf-8")
        rows = {each["what"]: each["text"] for each in shell.json("doctor", exits=1)}
        assert "valid TOML" in rows["policy"] and rows["directories"] == "valid tokens: 1"


def test_each_source_has_a_secret_of_its_own(tmp_path: Path) -> None:
    with machine(tmp_path, POLICY_WITH_OKTA) as (_, shell):
        assert "Set MIRO_BOT_EVENT_SECRET first" in shell.types("directory", "token", "secret", "hr", exits=1)
        shell.environ["MIRO_BOT_EVENT_SECRET"] = "a"
        assert "Set at least 32" in shell.types("directory", "token", "secret", "hr", exits=1)
        shell.environ["MIRO_BOT_EVENT_SECRET"] = "a" * 32
        made = [shell.types("directory", "token", "secret", source) for source in ("hr", "okta", "hr")]
        assert made[0] == made[2] == secret_of("a" * 32, "hr") != made[1]


def test_who_was_forgotten_is_in_no_directory_either(tmp_path: Path) -> None:
    with machine(tmp_path, POLICY_WITH_OKTA) as (s, shell):
        says = Directories(s.bot.store.database, s.clock)
        for email in ("gone@example.com", "alex@example.com"):
            says.create("okta", Kind.USER, {"userName": email, "active": email[0] == "a"})
        before = says.sequence()
        person = s.bot.store.people.meet(email="gone@example.com")
        s.bot.store.people.learn(person.id, miro_id="1")
        s.clock.pass_(timedelta(days=400))
        shell.types("forget", "gone@example.com", "--as", "carol@example.com", "--yes")
        rows = s.bot.store.database.rows("SELECT body FROM directory_entries ORDER BY number")
        assert [row["body"] == "{}" for row in rows] == [True, False]
        assert [user.user_name for user in says.snapshot("okta").users] == ["alex@example.com"]
        assert says.sequence() == before


def test_without_its_extra_the_bot_runs_and_says_what_serving_scim_needs(tmp_path: Path) -> None:
    without = "import sys; sys.modules.update(scim2_models=None); from bot.__main__ import main; main()"
    secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "MIRO_SCIM_TOKEN": "x"}
    (tmp_path / "policy.toml").write_text(POLICY_WITH_OKTA, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", without, "run", "--directory", "127.0.0.1:0"],
        env={**secrets, "MIRO_BOT_POLICY": str(tmp_path / "policy.toml")},
        cwd=Path.cwd(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == (
        "Error: Serving SCIM needs scim2_models, which isn't installed: "
        "pip install --require-hashes -r constraints.txt -r docs/deploy/directory.txt"
    )
