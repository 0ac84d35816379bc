"""The product's settings with the floors' addresses beside it; no throttle, since all load comes from one address."""

from linli.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
LINLI_THROTTLE_OFF_FOR_BENCHMARKS = True
