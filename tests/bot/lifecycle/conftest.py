"""An office for the tests of actions, and a short way to Miro: no proxy, no certificates."""

from collections.abc import Iterator

import pytest

from tests.bot.lifecycle.scene import Office, office


@pytest.fixture(autouse=True, scope="package")
def short_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
        # Reading the certificates of the world would be most of a test's time, and loopback has none.
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as whole:
        yield whole
