//! The policies that this build carries hold, and their cases pass.

use std::collections::BTreeSet;
use std::path::Path;

use gateway_core::AgencyKind;
use gateway_protocol::{Protocols, test_policies};

#[test]
fn every_case_of_every_protocol_gets_its_ruling_and_every_policy_decides_in_one() {
    let report = test_policies(&Protocols::embedded().unwrap());
    assert!(report.passed(), "{report}");
    assert!(report.cases > 130, "{report}");
}

#[test]
fn the_embedded_policies_are_those_of_the_folder() {
    let folder = Protocols::load(Path::new("../../policies")).unwrap();
    assert_eq!(folder.digest(), Protocols::embedded().unwrap().digest());
    assert_eq!(folder.digest().len(), 64);
}

#[test]
fn every_rule_has_words_for_people_and_a_basis() {
    let protocols = Protocols::embedded().unwrap();
    let numbers: BTreeSet<&str> = protocols
        .rules()
        .map(|rule| rule.hit.rule.as_str())
        .collect();
    let built = (1..=13)
        .chain(15..=17)
        .chain(19..=21)
        .chain(24..=27)
        .chain([29, 33]);
    for number in built.chain(34..=39).chain([41, 42]) {
        assert!(
            numbers.contains(format!("ISP-{number:02}").as_str()),
            "ISP-{number:02}"
        );
    }
    for rule in protocols.rules() {
        assert!(
            rule.hit.title.len() > 15 && rule.hit.basis.len() > 5,
            "{}",
            rule.hit.id
        );
        assert!(
            !rule.hit.title.contains('_'),
            "no code words in {}",
            rule.hit.title
        );
    }
    assert!(
        protocols
            .rule("ISP-01")
            .unwrap()
            .title
            .contains("which person")
    );
    assert_eq!(protocols.rule("ISP-99"), None);
}

#[test]
fn every_kind_of_agency_has_a_protocol_that_somebody_signs_and_reviews() {
    let protocols = Protocols::embedded().unwrap();
    for kind in AgencyKind::ALL {
        let particulars = protocols.particulars(*kind);
        assert_eq!(particulars.review.len(), "2027-03-31".len(), "{kind}");
        assert!(!particulars.signatories.is_empty(), "{kind}");
    }
}
