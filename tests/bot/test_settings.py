"""What the environment says, and what is wrong with it."""

from pathlib import Path

import pytest

from approvals.record.database import Server
from bot.miro.wire import Dialect
from bot.settings import BEGINNINGS, EVENT_SECRET, MIRO_URL, SLACK_URL, BadSettings, read

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "MIRO_SCIM_TOKEN")
REST = ("MIRO_OAUTH_TOKEN", "MIRO_ORG_ID")


def test_without_anything_the_defaults_hold() -> None:
    found = read({})
    assert (found.miro_url, found.slack_url, found.group_model) == (MIRO_URL, SLACK_URL, "team")
    assert (found.database, found.policy) == (Path("miro-bot.db").absolute(), Path("policy.toml").absolute())
    assert found.secrets == {}
    assert found.dialect == Dialect()


def test_paths_are_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = read({"MIRO_BOT_DATABASE": "a/record.db", "MIRO_BOT_POLICY": "/etc/policy.toml"})
    assert (found.database, found.policy) == (tmp_path / "a/record.db", Path("/etc/policy.toml"))


def test_addresses_and_model_are_taken() -> None:
    here, there = "http://127.0.0.1:8042/scim", "https://miro.example/scim"
    found = read({"SLACK_API_URL": here, "MIRO_SCIM_URL": there, "MIRO_GROUP_MODEL": "user-group"})
    assert (found.slack_url, found.miro_url, found.group_model) == (here, there, "user-group")


@pytest.mark.parametrize("name", ["SLACK_API_URL", "MIRO_SCIM_URL", "MIRO_REST_URL"])
@pytest.mark.parametrize(
    "text",
    ["miro.com/scim", "ftp://miro.com", "https://", "http://miro.com/scim", "http://[::1", "xoxb-1"],
)
def test_tokens_go_to_https_or_to_this_machine_only(name: str, text: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} is .* Use an address like https://"):
        read({name: text})


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    direct, filed = (BEGINNINGS.get(name, "") + text * 8 for text in ("direct", "s3cret"))
    file.write_text(f"  {filed}\n", encoding="utf-8")
    assert read({name: direct}).secret(name) == direct
    assert read({f"{name}_FILE": str(file)}).secret(name) == filed
    assert read({f"{name}_FILE": str(file), name: direct}).secret(name) == filed


def test_a_secret_of_our_own_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"has 31 characters.* Set at least 32, for example by `openssl"):
        read({EVENT_SECRET: "s" * 31})
    assert read({EVENT_SECRET: "s" * 32}).secret(EVENT_SECRET) and not read({}).secret(EVENT_SECRET)


@pytest.mark.parametrize(("name", "other"), [REST, REST[::-1]])
def test_the_rest_api_needs_both_of_its_settings_or_none(tmp_path: Path, name: str, other: str) -> None:
    file = tmp_path / "file"
    file.write_text("s3cret", encoding="utf-8")
    with pytest.raises(BadSettings, match=f"{other} isn't set. Miro's REST API needs both"):
        read({name: "s3cret"})
    assert read({name: "s3cret", f"{other}_FILE": str(file)}).has_rest
    assert not read({}).has_rest


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="MIRO_SCIM_TOKEN_FILE can't be read: No such file"):
        read({"MIRO_SCIM_TOKEN_FILE": str(tmp_path / "nothing")})


def test_a_secret_file_that_holds_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for content, problem in ((b"\xff\xfe", "isn't text"), (b" \n", "names an empty file")):
        file.write_bytes(content)
        with pytest.raises(BadSettings, match=f"MIRO_SCIM_TOKEN_FILE .*{problem}"):
            read({"MIRO_SCIM_TOKEN_FILE": str(file)})


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("text", ["s3crét", "s3c\nret", "s3c ret", "s3c\x07ret", "s3c\u200bret"])
def test_what_no_token_has_in_it_is_noticed_and_not_repeated(name: str, text: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} contains a space, line break or letter") as told:
        read({name: text})
    assert "s3c" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-s3cret", "begins with xapp-, but needs the token that begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxp-s3cret", "begins with xoxp-, but needs the token that begins with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-s3cret", "begins with xoxb-, but needs the token that begins with xapp-"),
        ("MIRO_SCIM_TOKEN", "xoxb-s3cret", "begins with xoxb-, but needs another secret than Slack's tokens"),
        ("SLACK_BOT_TOKEN", "foo-s3cret", "needs the token that begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "s3cret", "needs the token that begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-", "needs the token that begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-", "needs the token that begins with xoxb-"),
        ("SLACK_APP_TOKEN", "hello", "needs the token that begins with xapp-"),
        ("SLACK_APP_TOKEN", "xapp-", "needs the token that begins with xapp-"),
    ],
)
def test_tokens_in_each_others_place_are_noticed(name: str, text: str, told: str) -> None:
    with pytest.raises(BadSettings) as error:
        read({name: text})
    assert str(error.value) == f"{name} {told}."


@pytest.mark.parametrize("text", ["xoxb-1-s3cret", "xoxe.xoxb-1-s3cret"])
def test_bot_tokens_of_both_kinds_are_taken(text: str) -> None:
    assert read({"SLACK_BOT_TOKEN": text}).secret("SLACK_BOT_TOKEN") == text


def test_secrets_do_not_show_when_printed() -> None:
    found = read({name: BEGINNINGS.get(name, "") + "s3cret" * 8 for name in SECRETS})
    assert "s3cret" not in repr(found) + str(found)
    assert found.secret("SLACK_BOT_TOKEN") == "xoxb-" + "s3cret" * 8


def test_everything_missing_is_named_at_once() -> None:
    found = read({"SLACK_BOT_TOKEN": "xoxb-1", "MIRO_SCIM_TOKEN": "  "})
    found.require("SLACK_BOT_TOKEN")
    with pytest.raises(BadSettings, match=r"Set SLACK_APP_TOKEN, MIRO_SCIM_TOKEN \(or SLACK_APP_TOKEN_FILE"):
        found.require("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "MIRO_SCIM_TOKEN")


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"MIRO_GROUP_MODEL": "teams"}, 'Set it to "team" or "user-group"'),
        ({"MIRO_BOT_DATABASE": "mysql://db/x"}, "MIRO_BOT_DATABASE: it takes .* postgresql://"),
        (
            {"MIRO_SCIM_DIALECT": "klingon"},
            "klingon. Choose from boolean-active, unquoted-ids, parentheses, lo",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(BadSettings, match=problem):
        read(environ)


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize(
    "name",
    [
        *("MIRO_BOT_DATABASE", "MIRO_BOT_POLICY", "MIRO_GROUP_MODEL", "MIRO_SCIM_DIALECT", "SLACK_API_URL"),
        *("MIRO_SCIM_URL", "MIRO_BOT_DATABASE_FILE", "MIRO_SCIM_TOKEN_FILE", "MIRO_SCIM_TOKEN"),
    ],
)
def test_an_empty_variable_is_one_that_is_not_set(name: str, empty: str) -> None:
    assert read({name: empty}) == read({})


SERVED = "postgresql://ada:hush@db.example.com/records"


def test_a_server_takes_a_url_and_shows_no_secret(tmp_path: Path) -> None:
    found = read({"MIRO_BOT_DATABASE": SERVED})
    assert found.database == Server(SERVED)
    assert "hush" not in repr(found)
    secret = tmp_path / "url"
    secret.write_text(f"{SERVED}\n")
    assert read({"MIRO_BOT_DATABASE_FILE": str(secret)}).database == Server(SERVED)
