use super::*;
use crate::details::{Context, read as details};
use crate::{Limits, read};

fn all(block: &str, names: &[&str]) -> (Vec<Claim>, Vec<Fault>) {
    let file = |name| format!("--b\nContent-Type: application/pdf; name=\"{name}\"\n\n%PDF\n");
    let files = names.iter().map(file).collect::<Vec<_>>().concat();
    let raw = format!(
        "Subject: RE: Visit\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{block}\n{files}--b--\n"
    );
    let mail = read(raw.as_bytes(), &Limits::default()).unwrap();
    let context = Context {
        today: jiff::civil::date(2026, 3, 2),
        domain: "gw.example",
    };
    claims(&mail, &details(mail.text.reveal(), &context))
}

fn categories(claims: &[Claim]) -> Vec<Option<Category>> {
    claims.iter().map(|claim| claim.category).collect()
}

#[test]
fn each_item_has_what_was_said_of_it() {
    let block = "Category: RISK\nClinician: Dr A. Example\nAttachment-Category: Report.PDF = HEALTH_CLIN\n\
                 Attachment-Owner: report.pdf = london-mental-health\n\nThe visit went well.\n";
    let (claims, faults) = all(block, &["report.pdf", "other.pdf"]);
    assert_eq!(
        categories(&claims),
        [Some(Category::Risk), Some(Category::HealthClin), None]
    );
    assert_eq!(claims[0].title.reveal(), "Visit");
    assert_eq!(
        claims[1].owner.as_ref().unwrap().as_str(),
        "london-mental-health"
    );
    assert_eq!(
        claims[1].clinician.as_ref().unwrap().reveal(),
        "Dr A. Example"
    );
    assert_eq!(claims[2].content, Content::Part(1));
    assert!(faults.is_empty());
}

#[test]
fn without_a_message_the_category_is_of_the_attachments() {
    let block = "Category: HEALTH_CLIN\nAttachment-Category: b.pdf = RISK\n\n";
    let (claims, _) = all(block, &["a.pdf", "b.pdf"]);
    assert_eq!(
        categories(&claims),
        [Some(Category::HealthClin), Some(Category::Risk)]
    );
}

#[test]
fn an_attachment_that_is_not_there_or_there_twice_is_a_fault() {
    let block = "Category: RISK\nAttachment-Category: c.pdf = RISK\nAttachment-Owner: a.pdf = agency-x\n\nx\n";
    let (_, faults) = all(block, &["a.pdf", "a.pdf"]);
    let problems: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line, &fault.problem))
        .collect();
    assert_eq!(
        problems,
        [
            (2, &Problem::NoSuchAttachment),
            (3, &Problem::AmbiguousAttachment)
        ]
    );
}

#[test]
fn what_is_said_of_two_files_of_one_name_is_of_neither() {
    let (claims, _) = all(
        "Attachment-Category: a.pdf = RISK\n\nx\n",
        &["a.pdf", "a.pdf"],
    );
    assert_eq!(categories(&claims), [None, None, None]);
}

#[test]
fn a_name_that_is_composed_otherwise_is_the_same_name() {
    let (claims, faults) = all(
        "Attachment-Category: café.pdf = RISK\n\nx\n",
        &["cafe\u{301}.pdf"],
    );
    assert_eq!(categories(&claims), [None, Some(Category::Risk)]);
    assert!(faults.is_empty());
}

#[test]
fn the_original_html_is_for_a_person_to_say() {
    let raw = "Subject: s\nContent-Type: text/html\n\n<p>Category: RISK</p><p>&nbsp;</p><p>x</p>";
    let mail = read(raw.as_bytes(), &Limits::default()).unwrap();
    let context = Context {
        today: jiff::civil::date(2026, 3, 2),
        domain: "gw.example",
    };
    let (claims, _) = claims(&mail, &details(mail.text.reveal(), &context));
    assert_eq!(categories(&claims), [Some(Category::Risk), None]);
}
