"""Which district the public pages speak of (`linli.places.home`)."""

from linli.places.home import COOKIE, districts, home_district, is_synthetic

__all__ = ["COOKIE", "districts", "home_district", "is_synthetic"]
