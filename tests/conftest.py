"""What every test has in common: a short way to loopback, and the same generated examples in each run.

`--hypothesis-profile=default` looks for other examples.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True, scope="session")
def short_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No proxy: slack_sdk reads the variables and ignores NO_PROXY (proxy_env_variable_loader.py).

    No certificates: reading those of the world would be most of a test's time, and loopback has none.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in (*PROXIES, "SSL_CERT_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield
