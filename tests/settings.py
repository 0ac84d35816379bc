"""Settings of the tests: the product's own, with a home of their own and cheaper password hashes."""

import os
from pathlib import Path

os.environ["LINLI_HOME"] = os.environ.get(
    "LINLI_TEST_HOME", str(Path(__file__).resolve().parent.parent / ".linli-test")
)
os.environ["LINLI_DATABASE_ROLE"] = "app"
# Never the operator's server: LINLI_TEST_DATABASE_URL names the one where the tests make their own databases.
os.environ.pop("LINLI_DATABASE_URL", None)
os.environ.pop("LINLI_DATABASE_OWNER_URL", None)
# Playwright's synchronous interface runs an event loop in the test's own thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from linli.config.settings import *

PASSWORD_HASHERS = ["tests.support.hashers.CheapArgon2"]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
WHITENOISE_AUTOREFRESH = True
