"""The product's password hasher at a cost that tests can bear."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """Argon2 with one pass over the smallest memory."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
