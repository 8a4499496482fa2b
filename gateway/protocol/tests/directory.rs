//! Which domains mail may go to, and until when.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use gateway_protocol::{Directory, DirectoryError, Standing};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 24);

fn of(domain: &str) -> Standing {
    Directory::demo().unwrap().lookup(domain, TODAY)
}

fn retired(use_instead: Option<&str>) -> Standing {
    Standing::Retired {
        use_instead: use_instead.map(str::to_owned),
    }
}

#[test]
fn the_directory_that_comes_along_knows_the_public_services() {
    for domain in [
        "justice.gov.uk",
        "southwark.gov.uk",
        "a.b.gov.uk",
        "met.police.uk",
        "nhs.net",
        "cjsm.net",
        "charity.cjsm.net",
        "mod.uk",
        "JUSTICE.gov.uk.",
    ] {
        assert_eq!(of(domain), Standing::Secure, "{domain}");
    }
    assert_eq!(of("trust.nhs.uk"), Standing::PortalOnly);
    for domain in [
        "gmail.com",
        "gov.uk.evil.example",
        "evilgov.uk",
        "gov.uk",
        "",
        "uk",
        "*.gov.uk@",
    ] {
        assert!(
            matches!(of(domain), Standing::Unknown | Standing::PortalOnly),
            "{domain}"
        );
    }
}

#[test]
fn no_name_of_the_closed_networks_is_good_any_more() {
    assert_eq!(of("hmps.gsi.gov.uk"), retired(Some("justice.gov.uk")));
    assert_eq!(of("noms.gsi.gov.uk"), retired(Some("justice.gov.uk")));
    assert_eq!(of("dwp.gsi.gov.uk"), retired(Some("dwp.gov.uk")));
    assert_eq!(of("dwp.x.gsi.gov.uk"), retired(Some("dwp.gov.uk")));
    assert_eq!(
        of("southwark.gcsx.gov.uk"),
        retired(Some("southwark.gov.uk"))
    );
    for domain in [
        "a.gse.gov.uk",
        "a.gsx.gov.uk",
        "gsi.gov.uk",
        "x.gsi.gov.uk",
        "scn.gov.uk",
    ] {
        assert!(matches!(of(domain), Standing::Retired { .. }), "{domain}");
    }
}

#[test]
fn pnn_is_the_old_name_of_a_force() {
    let of_met = Standing::Alias {
        of: "met.police.uk".to_owned(),
    };
    assert_eq!(of("met.pnn.police.uk"), of_met);
}

#[test]
fn a_row_past_its_last_day_says_nothing_and_no_shorter_one_is_asked() {
    let rows = r#"
[[domain]]
domain = "*.a.example"
what = "secure"
evidence_on = "2026-01-01"
expires_on = "2099-01-01"
[[domain]]
domain = "b.a.example"
what = "secure"
evidence_on = "2026-01-01"
expires_on = "2026-11-24"
[[domain]]
domain = "*.old.example"
what = "alias"
replacement = "*.a.example"
"#;
    let directory = Directory::load(rows).unwrap();
    let next = date(2026, 11, 25);
    assert_eq!(directory.lookup("b.a.example", TODAY), Standing::Secure);
    assert_eq!(directory.lookup("b.a.example", next), Standing::Unknown);
    assert_eq!(directory.lookup("c.a.example", next), Standing::Secure);
    assert_eq!(directory.lookup("b.old.example", next), Standing::Unknown);
    let alias = Standing::Alias {
        of: "c.a.example".to_owned(),
    };
    assert_eq!(directory.lookup("c.old.example", next), alias);
}

#[test]
fn a_directory_that_could_fail_open_does_not_load() {
    let load = |rows: &str| Directory::load(rows).unwrap_err();
    let row = |domain: &str, rest: &str| format!("[[domain]]\ndomain = \"{domain}\"\n{rest}\n");
    let retired = "what = \"retired\"";
    for domain in [
        "*",
        "a.*.example",
        "a..example",
        "",
        "a b.example",
        "**.example",
        "*a.example",
    ] {
        assert!(
            matches!(load(&row(domain, retired)), DirectoryError::Domain(_)),
            "{domain}"
        );
    }
    let twice = row("a.example", retired) + &row("A.example", retired);
    assert!(matches!(load(&twice), DirectoryError::Twice(_)));
    let bare = row("a.example", "what = \"secure\"");
    assert!(matches!(load(&bare), DirectoryError::NoEvidence(_)));
    let alias = row("a.example", "what = \"alias\"");
    assert!(matches!(load(&alias), DirectoryError::Replacement(_)));
    assert!(matches!(
        load(&row("a.example", "what = \"fine\"")),
        DirectoryError::Toml(_)
    ));
    let unknown = row("a.example", "what = \"retired\"\nexpires = 1");
    assert!(matches!(load(&unknown), DirectoryError::Toml(_)));
}

#[test]
fn mail_goes_to_an_address_by_its_domain_and_to_no_other_domain() {
    let directory = Directory::demo().unwrap();
    let good = |address: &str| directory.of_address(address, TODAY).is_secure();
    for address in [
        "a@justice.gov.uk",
        "A@MET.PNN.POLICE.UK",
        "a@gmail.com@nhs.net",
    ] {
        assert!(good(address), "{address}");
    }
    for address in [
        "a@hmps.gsi.gov.uk",
        "a@trust.nhs.uk",
        "nhs.net@gmail.com",
        "nhs.net",
        "",
    ] {
        assert!(!good(address), "{address}");
    }
}

#[test]
fn every_demo_agency_has_a_domain_that_is_good() {
    for domain in [
        "police.example",
        "probation.example",
        "trust.example",
        "housing.example",
    ] {
        assert_eq!(of(domain), Standing::Secure);
        let standard = Directory::standard().unwrap();
        assert_eq!(standard.lookup(domain, TODAY), Standing::Unknown);
    }
}
