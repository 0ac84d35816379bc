"""Writers that need no case of a fault of their own, each under the reason why; `test_faults` holds them to it."""

from __future__ import annotations

from tests.chaos import credits_cases, shop_cases
from tests.chaos.casing import named

NOT_ALONE: dict[str, frozenset[str]] = {
    "one statement, or a part of the transaction of whoever calls it, which has a case": named("""
        people.accounts.close people.audit.record people.personal.reseal people.second_factor.reseal
        people.phone.note_sign_in
        people.services.end_all people.services.empty_person people.personal.give_name
        people.sessions.end_sessions people.units.enter_units places.services.bump_registry
        places.services.changing places.services.record requests.registration.erase work.handover.transfer
        work.evidence_links.hold work.evidence_links.rows work.uploads.keep work.flush.flush
        work.flush.insert_statement work.services.once assessment.services.once work.idempotency.make_once
        inspections.finding_services.open_finding work.services.open_supervision
        work.telling.tell_clock work.uploads.store_photo work.uploads.store_clean work.inbox.mark_read
        work.inbox.notify work.telling.tell people.personal.find_or_create_resident
        inspections.rounds.request_plan inspections.round_sites.add_sites
        inspections.dissuasion.setup_themes work.printing.services.keep_paper
        inspections.unreached.note inspections.unreached.store inspections.chance_findings.store
        requests.fixed_on_spot.tell work.deeds.record
        requests.fixed_on_spot.take_back requests.praising.turned requests.registration.turned
        wishes.registration.erase wishes.deeds.turned standards.drafts.edited
        work.deeds.withdraw work.noting.note inspections.mutual_telling.tell_begun
        inspections.mutual_telling.tell_result inspections.mutual_telling.tell_shops
        inspections.mutual_rechecks.plan_recheck
        activities.checkin.attend activities.attendance_marks.weigh
        activities.planning.add activities.planning.apply activities.planning.call_off
        activities.posts.add activities.posts.add_one activities.posts.change activities.posts.count
        activities.posts.move_up activities.signups.leave activities.telling.tell
        awards.awarding.pay awards.awarding.took_back awards.awarding.mark_reversed awards.award_lists.take_back
        awards.telling.tell awards.telling.tell_nominee volunteering.telling.tell wishes.telling.told
        volunteering.certifying.keep
        volunteering.hours.settle volunteering.registering.person_for volunteering.registering.set_number
        volunteering.registering.join_team volunteering.joining.person_of volunteering.trained.follow
        volunteering.trained.catch_up activities.naming.person_called
    """),
    "changes one row, and nothing beside it": named("""
        activities.calendars.new_key activities.calendars.drop_key activities.checkin.strike
        activities.substitutes.take_back
        awards.appealing.withdraw awards.nominating.wish_honour awards.sticker_redeeming.keep
        volunteering.appeals.appeal volunteering.appeals.take_back volunteering.certifying.ask
        volunteering.noticing.show_name wishes.texting.send
        volunteering.joining.raise_concern volunteering.records.train volunteering.records.commend
        volunteering.records.evaluate volunteering.registering.make_team volunteering.starring.apply
    """),
    "writes rows of one table in one statement for each thousand, inside one transaction": named("""
        volunteering.bulk.record_units volunteering.bulk.record_members volunteering.bulk.record_concerns
    """),
    "part of `people.erasing.confirm`; of `work.erasure.erase_items_of_person` what findings hold": named("""
        assessment.erasure.erase_packs assessment.erasure.erase_words campaigns.erasure.erase
        campaigns.erasure.erase_doubts inspections.erasure.erase inspections.erasure.erase_doubts
        inspections.erasure.erase_of_item work.erasure.erase_held work.erasure.erase_waiting work.erasure.erase_words
        people.log_erasure.erase people.log_erasure.erase_doubts
        work.erasure.erase_added
        activities.erasure.erase activities.erasure.erase_doubts awards.erasure.erase volunteering.erasure.erase
        wishes.erasure.erase
    """),
    "counts tries, refusals and signs of life outside the transaction they are about: a refused try counts": named("""
        people.access.refuse people.access.require people.access.require_somewhere
        people.importers.entitled people.importers.importer_for requests.tracking.find people.gates.needs
        requests.services.see_contact inspections.day_pack.day_pack inspections.promises.place_over
        inspections.mutual_access.locked_check
        assessment.services.locked inspections.rounds.changing
        people.refusals.note people.refusals.write people.throttle.clear people.throttle.hit
        people.throttle.hit_all people.phone.check_code people.phone.send_code people.second_factor.check
        people.signin.check_password people.signin.check_second_factor work.uploading.throttled work.scans.paper_for
        people.gates.staff_page standards.drafts.locked_draft
        activities.access.led activities.access.place_over activities.access.planned activities.planning.described
        activities.figures.series_for activities.scans.count_try awards.deciding.locked
        awards.selectors.appeal_for
        volunteering.certifying.locked
        awards.selectors.award_for awards.selectors.nomination_for awards.selectors.set_for
        awards.sticker_selectors.sheets awards.sticker_services.locked wishes.services.see_wisher
    """),
    "only names or calls the one service that has a case": named("""
        assessment.erasure.install assessment.registration.install campaigns.erasure.install
        inspections.erasure.install inspections.registration.install people.erasing.doubts_of
        requests.registration.install work.handover.install work.uploading.upload work.uploading.photos_of_form
        work.housekeeping.seal_history
        assessment.services.link_now people.log_erasure.install
        places.setup.enter_names places.importing.install places.importing.learn_alias work.erasure.install
        places.importing.forget_alias
        people.erasing.recent exchange.services.undo exchange.services.undo_later exchange.undoing.begin
        work.erasure.empty
        activities.registration.install activities.erasure.install awards.erasure.install awards.statement.install
        awards.sticker_registration.install awards.sticker_services.print_sheet volunteering.erasure.install
        wishes.registration.install wishes.erasure.install
    """),
    "of the ledger: one statement, or a part of the transaction of whoever calls it": credits_cases.NOT_ALONE,
    "of the shop: one statement, or a part of the transaction of whoever calls it": shop_cases.NOT_ALONE,
}

RUN_AGAIN: dict[str, frozenset[str]] = {
    "goes in steps, each whole, and is run again after a break until nothing is left to do": named("""
        people.keys.rotate people.keys.rotate_blind people.phone.purge people.sessions.purge people.throttle.purge
        people.setup.setup exchange.undoing.undo_by_chunks wishes.setup.setup
        places.setup.setup work.setup.setup activities.setup.setup
        work.housekeeping.remove_unclaimed_uploads work.uploads.remove_unclaimed work.receiving.receive_all
        work.scans.take_files work.sweeps.sweep assessment.erasure.drop_stale_packs
        work.sealing.seal assessment.packing.make inspections.rounds.make_due_rounds
        inspections.round_changes.end_past_rounds
        places.calendar_services.renew_calendar work.deadline_recount.recount exchange.running.carry_out
        exchange.services.run exchange.services.begin exchange.services.check
        exchange.services.answer exchange.services.set_columns exchange.services.plan_of
        exchange.remembering.remember_doubts exchange.remembering.remember_map exchange.remembering.forget
        exchange.services.fail exchange.services.drop exchange.purging.purge
        activities.series.make_due awards.awarding.hear awards.awarding.pay_waiting
    """),
    "of the ledger: whole in one statement each; what is not made is made by the next run": credits_cases.RUN_AGAIN,
}
REASONS = NOT_ALONE | RUN_AGAIN
