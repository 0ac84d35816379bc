"""Addresses of the room: sign-in, the own account, and the staff pages about people."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.people import (
    pages_account,
    pages_accounts,
    pages_demo,
    pages_duty,
    pages_erasure,
    pages_find,
    pages_organisations,
    pages_signin,
    pages_staff,
)

app_name = "people"

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", pages_signin.login, name="login"),
    path("login/phone/", pages_signin.login_phone, name="login_phone"),
    path("login/phone/code/", pages_signin.login_phone_code, name="login_phone_code"),
    path("login/done/", pages_signin.after_login, name="after_login"),
    path("demo/messages/", pages_demo.messages, name="demo_messages"),
    path("second-factor/", pages_signin.check_second_factor, name="second_factor"),
    path("second-factor/enrol/", pages_signin.enrol_second_factor, name="second_factor_enrol"),
    path("logout/", pages_signin.sign_out, name="logout"),
    path("account/", pages_account.account, name="account"),
    path("account/password/", pages_account.password, name="password"),
    path("account/sessions/end/", pages_account.end_other_sessions, name="end_other_sessions"),
    path("account/recovery-codes/", pages_account.make_recovery_codes, name="make_recovery_codes"),
    path("account/tokens/", pages_account.make_token, name="make_token"),
    path("account/tokens/<int:token_id>/revoke/", pages_account.revoke_token, name="revoke_token"),
    path("desk/people/", pages_organisations.organisations, name="organisations"),
    path("desk/people/organisations/new/", pages_organisations.new_organisation, name="new_organisation"),
    path("desk/people/organisations/<int:organisation_id>/", pages_organisations.organisation, name="organisation"),
    path("desk/people/find/<slug:what>/", pages_find.find, name="find"),
    path("desk/people/roles/", pages_organisations.role_table, name="roles"),
    path("desk/people/staff/", pages_staff.staff, name="staff"),
    path("desk/people/staff/new/", pages_staff.new_staff, name="new_staff"),
    path("desk/people/staff/<int:person_id>/", pages_staff.person, name="person"),
    path("desk/people/staff/accounts/", pages_accounts.open_accounts, name="open_accounts"),
    path(
        "desk/people/staff/<int:person_id>/account/<slug:action>/", pages_accounts.account_action, name="account_action"
    ),
    path("desk/people/staff/<int:person_id>/hand-over/", pages_staff.hand_over, name="hand_over"),
    path("desk/people/appointments/<int:appointment_id>/end/", pages_staff.end_appointment, name="end_appointment"),
    path("desk/people/hand-overs/", pages_staff.handovers, name="handovers"),
    path("desk/people/hand-overs/<int:handover_id>/sign/", pages_staff.sign_handover, name="sign_handover"),
    path("desk/people/delegations/", pages_staff.delegations, name="delegations"),
    path(
        "desk/people/delegations/<int:appointment_id>/revoke/",
        pages_staff.revoke_delegation,
        name="revoke_delegation",
    ),
    path("desk/people/erasures/", pages_erasure.erasures, name="erasures"),
    path("desk/people/erasures/<int:erasure_id>/confirm/", pages_erasure.confirm, name="confirm_erasure"),
    path("desk/people/erasures/<int:erasure_id>/refuse/", pages_erasure.refuse, name="refuse_erasure"),
    path("desk/people/roster/", pages_duty.roster, name="roster"),
    path("desk/people/roster/<int:shift_id>/cancel/", pages_duty.cancel_shift, name="cancel_shift"),
    path("desk/people/duty-log/<int:organisation_id>/", pages_duty.write_log, name="write_log"),
    path("desk/people/refusals/", pages_duty.refusals, name="refusals"),
    path("desk/people/audit/", pages_duty.audit_records, name="audit"),
]
