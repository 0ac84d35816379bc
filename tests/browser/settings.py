"""Settings of the server that the browser tests drive: the product's own, on a database of the tests."""

import os

os.environ["LINLI_DATABASE_ROLE"] = "app"

from linli.config.settings import *  # noqa: F403

# The database comes by its address, but it is as private as the embedded one.
LINLI_DEMO_ALLOWED = LINLI_ON_PAGE_CODES = True
PASSWORD_HASHERS = ["tests.support.hashers.CheapArgon2"]
WHITENOISE_AUTOREFRESH = True
# Codes of residents go into a file of the tests' LINLI_HOME, as a gateway would send them.
LINLI_SMS_GATEWAY = "linli.people.gateways.FileGateway"
