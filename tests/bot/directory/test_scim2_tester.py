"""scim2-tester, by others, finds our service to be SCIM as the RFCs have it."""

import pytest

from approvals.record.store import Store
from bot.directory.models import MIRO
from bot.directory.service import Application
from bot.directory.store import Directories
from bot.directory.tokens import Tokens

scim2_tester = pytest.importorskip("scim2_tester")
wsgi = pytest.importorskip("scim2_client.engines.wsgi")


def test_every_check_passes_but_those_that_write_what_is_read_only(
    store: Store, directories: Directories, tokens: Tokens
) -> None:
    """RFC 7643, sections 2.5 and 7: all attributes of our extension are readOnly, so that a write of it
    changes nothing, and one without values is no extension; the tester expects an empty one back."""
    app = Application(store.database, directories, tokens)
    headers = {"Authorization": f"Bearer {tokens.create('okta')}"}
    client = wsgi.WSGISCIMClient(app, base_url="http://localhost/scim/v2", headers=headers)
    results = scim2_tester.check_server(client)
    passed = [result for result in results if result.status is scim2_tester.Status.SUCCESS]
    others = {result.title: str(result.reason) for result in results if result not in passed}
    assert others.keys() == {"check_add_attribute", "check_replace_attribute"}
    assert all(f"unexpected value for '{MIRO}'" in reason for reason in others.values())
    assert len(passed) > 100
