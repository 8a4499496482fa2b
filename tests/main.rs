//! Journeys: the real binary, real databases, tools that are not ours.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod documents;
mod support;

mod journeys {
    mod a_backup_is_restored_and_the_log_begun_anew;
    mod a_chain_of_four_prisons;
    mod a_coordinator_looks_after_records;
    mod a_file_is_larger_than_any_may_be;
    mod a_gibibyte_goes_up_and_down_flat;
    mod a_health_body_is_asked_and_answers;
    mod a_health_body_is_asked_in_fhir;
    mod a_hospital_is_told_and_calls_back;
    mod a_hospital_is_told_in_a_browser;
    mod a_housing_officer_answers_and_writes;
    mod a_housing_officer_reads_in_a_browser;
    mod a_kill_at_every_boundary;
    mod a_kill_at_random;
    mod a_meeting_asks_for_a_form;
    mod a_prison_officer_fills_in_a_form;
    mod a_prisons_form_comes_by_every_way;
    mod a_receipt_does_not_bend;
    mod a_request_by_mesh_is_taken_back;
    mod a_spoc_looks_after_people_in_a_browser;
    mod a_trust_answers_at_length_by_mesh;
    mod a_trust_is_asked_by_mesh;
    mod a_trust_is_asked_in_a_browser;
    mod an_agency_that_holds_its_own_key;
    mod an_officers_mail_becomes_an_exchange;
    mod bad_input_is_answered_in_words;
    mod bad_mail_is_kept_apart;
    mod both_databases_are_tested_alike;
    mod every_permit_has_its_wrap_and_nothing_else;
    mod fifty_posts_of_one_key_make_one_exchange;
    mod health_requests_have_pages_for_every_side;
    mod mail_goes_through_a_real_postfix;
    mod malware_comes_within_an_answer;
    mod nothing_of_a_person_lies_in_clear;
    mod one_exchange_from_system_to_system;
    mod pages_in_their_rarer_states;
    mod revocation_is_at_once;
    mod security_keys_in_a_browser;
    mod tampering_is_found_and_named;
    mod those_who_decide_do_it_in_a_browser;
    mod two_gateways_over_one_postgresql;
    mod what_breaks_while_somebody_writes;
    mod what_comes_by_the_api_is_scanned;
    mod what_goes_wrong_underneath;
    mod what_is_not_yours_is_not_there;
    mod what_waits_is_looked_at_again;
    mod what_was_carried_off_is_of_no_use;
}
