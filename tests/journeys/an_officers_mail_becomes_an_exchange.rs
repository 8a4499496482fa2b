//! Secure email as officers send it, made by OpenSSL, by endesive, and as Thunderbird and Outlook
//! write it: the same exchange as by the API, a receipt, a sealed delivery, a reply in its thread,
//! a notice in clear that says nothing.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn what_makes_the_mails_is_opened_by_openssl() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("makers.py", folder.path());
}

#[test]
fn holds_on_the_embedded_database_and_no_mail_names_anybody() {
    let demo = Demo::start(None);
    peer("mail_story.py", demo.folder.path());
    peer("mail_headers_grep.py", demo.folder.path());
}

#[test]
fn holds_on_postgresql() {
    if let Some(url) = fresh_postgres("mail_story") {
        let demo = Demo::start(Some(&url));
        peer("mail_story.py", demo.folder.path());
    }
}

#[test]
fn mail_proved_by_its_domain_and_what_goes_out_signed_for_the_gateways() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mail_domain.py", folder.path());
}

#[test]
fn mail_goes_straight_to_the_hosts_of_its_domain_over_verified_tls_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mail_direct.py", folder.path());
}

#[test]
fn no_mail_of_a_month_names_anybody() {
    let demo = Demo::with_month(None);
    peer("mail_headers_grep.py", demo.folder.path());
}
