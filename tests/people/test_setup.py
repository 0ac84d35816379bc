"""`linli init`: units of the district and a first administrator who is not alone almighty."""

from __future__ import annotations

from dataclasses import dataclass

from linli.people import setup
from linli.people.models import Organisation, User
from linli.places.models import Place


@dataclass
class Wanted:
    code: str = "370215"
    username: str = "Admin"
    password: str = "four odd words here"
    language: str = "en"


def test_setup(district):
    for row in Organisation.objects.order_by("-path__depth"):
        row.delete()
    Place.objects.filter(pk=district.places["district"].pk).update(code="370215", name="即墨区")
    assert "已建立安全管理员账号 admin" in setup.setup(Wanted())
    assert "密码没有改动" in setup.setup(Wanted(password="other odd words here"))
    user = User.objects.get(username="admin")
    assert user.check_password(Wanted.password) and user.language == "en" and not user.must_change_password
    actor = district.load(user.person)
    assert actor.roles == {"security_administrator", "resident"} and actor.may("people.appoint")
    assert Organisation.objects.filter(parent=None).count() == 1
    assert Organisation.objects.filter(functions__contains=["urban_management"], can_order=True).count() == 1
    community = Organisation.objects.get(kind="community_committee")
    assert community.parent.kind == "street_office" and community.place == district.places["community"]
    setup.setup(None)


def test_a_district_that_came_from_a_file_without_a_code_gets_its_units_too(district):
    for row in Organisation.objects.order_by("-path__depth"):
        row.delete()
    setup.setup(Wanted(code=""))
    assert Organisation.objects.get(parent=None).place == district.places["district"]
