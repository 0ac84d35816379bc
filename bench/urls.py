"""The product's addresses, and the floors it is measured against."""

from django.urls import path

from bench import floors
from linli.config.urls import urlpatterns as product

urlpatterns = [
    path("bench/one-row", floors.one_row),
    path("bench/bare", floors.bare_sql),
    path("bench/same-statement", floors.same_statement),
    path("bench/nothing", floors.nothing),
    path("bench/taken", floors.taken),
    *product,
]
