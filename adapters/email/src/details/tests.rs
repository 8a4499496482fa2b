use gateway_core::IdentifierKind;
use gateway_core::identifier::Fault as IdentifierFault;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const CONTEXT: Context<'static> = Context {
    today: date(2026, 3, 2),
    domain: "gw.example",
};

fn reading(text: &str) -> Reading {
    read(text, &CONTEXT)
}

fn details(text: &str) -> Details {
    let reading = reading(text);
    assert_eq!(reading.faults, [], "{text}");
    reading.details.unwrap()
}

fn faults(text: &str) -> Vec<String> {
    reading(text)
        .faults
        .iter()
        .map(ToString::to_string)
        .collect()
}

const WHOLE: &str = "To: southwark-housing, london-probation\n\
    Nominal: PNC 99/123456X; DOB 1980-02-01\n\
    Purpose: MANAGE\n\
    Necessity: his visits to the school must be known to whoever houses him\n\
    Basis: CJA 2003 s.325; DPA 2018 Part 3\n\
    Category: RISK\n\
    Attachment-Category: report.pdf = HEALTH_CLIN\n\
    Attachment-Owner: report.pdf = london-mental-health\n\
    Emergency: he has said that he will go there this afternoon\n\
    Confirm-Recipients: southwark-housing\n\
    Clinician: Dr A. Example\n\
    Reason: they house him\n\
    Reply-To-Exchange: 019583a0-0000-7000-8000-000000000001\n\
    \n\
    The message.\n\
    \n\
    Its second part.\n";

fn check_whole(text: &str) {
    let read = details(text);
    let to = read.recipients.unwrap();
    assert_eq!(to.len(), 2);
    assert_eq!(to[1].agency.as_str(), "london-probation");
    assert_eq!(read.identifiers.len(), 2);
    assert_eq!(read.identifiers[0].value().reveal(), "1999/0123456X");
    assert_eq!(read.purpose, Some(Purpose::Manage));
    assert_eq!(
        read.necessity.unwrap().reveal(),
        "his visits to the school must be known to whoever houses him"
    );
    assert_eq!(read.bases, ["CJA 2003 s.325", "DPA 2018 Part 3"]);
    assert_eq!(read.category, Some(Category::Risk));
    let [report] = read.attachments.as_slice() else {
        panic!("one attachment")
    };
    assert_eq!(report.name.reveal(), "report.pdf");
    assert_eq!(report.category, Some(Category::HealthClin));
    assert_eq!(
        report.owner.as_ref().unwrap().as_str(),
        "london-mental-health"
    );
    assert!(read.emergency.is_some() && read.clinician.is_some() && read.reason.is_some());
    assert_eq!(read.confirm_recipients.len(), 1);
    assert!(read.in_reply_to.is_some());
}

#[test]
fn a_whole_block_is_read_and_the_message_follows_it() {
    check_whole(WHOLE);
    assert_eq!(
        reading(WHOLE).message.reveal(),
        "The message.\n\nIts second part.\n"
    );
}

#[test]
fn line_ends_letter_case_and_leading_empty_lines_do_not_matter() {
    check_whole(&WHOLE.replace('\n', "\r\n"));
    check_whole(&format!("\u{feff}\n\u{a0}\r\n{WHOLE}"));
    for name in Name::ALL {
        let lower = WHOLE.replace(
            &format!("{}:", name.as_str()),
            &format!("{} :", name.as_str().to_lowercase()),
        );
        check_whole(&lower);
    }
}

#[test]
fn outlook_puts_an_empty_line_after_each_line() {
    let (block, message) = WHOLE.split_once("\n\n").unwrap();
    let spaced = format!("{}\n\n \n\n{message}", block.replace('\n', "\n\n"));
    check_whole(&spaced);
    assert_eq!(reading(&spaced).message.reveal(), message);
}

#[test]
fn an_empty_line_ends_a_block_of_single_lines_for_good() {
    let read = reading("Purpose: MANAGE\nCategory: RISK\n\nReason: this is the message\n");
    assert_eq!(read.message.reveal(), "Reason: this is the message\n");
    assert!(read.details.unwrap().reason.is_none());
}

#[test]
fn folded_and_broken_lines_are_one_line() {
    let folded = details("Necessity: his visits\n to the school\n\tmatter\nPurpose: MANAGE\n\n");
    assert_eq!(
        folded.necessity.unwrap().reveal(),
        "his visits to the school matter"
    );
    let broken = details(
        "Necessity: his visits to the school must be known to whoever houses\nhimself now\nPurpose: MANAGE\n\n",
    );
    assert!(
        broken
            .necessity
            .unwrap()
            .reveal()
            .ends_with("houses himself now")
    );
    assert_eq!(broken.purpose, Some(Purpose::Manage));
}

#[test]
fn a_text_that_does_not_begin_with_a_known_name_is_all_message() {
    for text in [
        "",
        "Hello\nPurpose: MANAGE\n",
        "From: me\nTo: you\n\nx",
        "Dear Sir: hello",
    ] {
        let read = reading(text);
        assert_eq!(read.details, None);
        assert_eq!(read.message.reveal(), text);
        assert!(read.faults.is_empty());
    }
}

#[test]
fn every_kind_of_identifier_is_read_after_its_word() {
    let read = details(
        "Nominal: pnc 99/123456X; CRO 123456/08T; NHS 943 476 5919; PRISON A1234BC; CRN X123456; \
         VISOR AB/12; DOB: 1980-02-01; NAME Smith, John; REF 019583a0-0000-7000-8000-000000000001;\n\n",
    );
    let kinds: Vec<_> = read.identifiers.iter().map(Identifier::kind).collect();
    assert_eq!(kinds, &IdentifierKind::ALL[..8]);
    assert_eq!(
        read.reference.unwrap(),
        "019583a0-0000-7000-8000-000000000001"
    );
}

#[test]
fn a_recipient_may_be_an_address_or_a_person() {
    let read = details(
        "To: southwark-housing@GW.example; london-probation <s.ali@probation.example>\n\
         To: southwark-housing, prison-a@gw.example<mailto:prison-a@gw.example>\n\n",
    );
    let to = read.recipients.unwrap();
    let ids: Vec<&str> = to.iter().map(|one| one.agency.as_str()).collect();
    assert_eq!(ids, ["southwark-housing", "london-probation", "prison-a"]);
    assert_eq!(
        to[1].person.as_ref().unwrap().reveal(),
        "s.ali@probation.example"
    );
    assert_eq!(to[2].person, None);
}

#[test]
fn each_fault_names_its_line_and_says_what_would_be_right() {
    for (text, words) in [
        (
            "Purpose: MANGE\n\n",
            "line 1: `Purpose` has an unknown purpose: write `MANAGE`",
        ),
        (
            "Category: HEALTH\n\n",
            "line 1: `Category` has an unknown information category: give one of IDENT",
        ),
        (
            "To: a-b\nPurpos: MANAGE\n\n",
            "line 2 begins with an unknown name: write `Purpose`",
        ),
        (
            "To: a-b\nAttachment Category: x\n\n",
            "line 2 begins with an unknown name: write `Attachment-Category`",
        ),
        (
            "To: a-b\nWeather: fine\n\n",
            "line 2 begins with an unknown name: give one of To, Nominal",
        ),
        (
            "Purpose: CARE\nPurpose: CARE\n\n",
            "line 2: `Purpose` is given again after line 1",
        ),
        (
            "Nominal: PNC 99/123456X\nNominal: CRN X123456\n\n",
            "line 2: `Nominal` is given again",
        ),
        ("Purpose:\n\n", "line 1: `Purpose` is empty"),
        (
            "Nominal: PNC 99/123456Y\n\n",
            "line 1: `Nominal` has what is not a `PNC`: its check character",
        ),
        (
            "Nominal: 99/123456X\n\n",
            "line 1: `Nominal` has an identifier without its kind",
        ),
        (
            "Nominal: PRISN A1234BC\n\n",
            "line 1: `Nominal` has an unknown kind of identifier: write `PRISON`",
        ),
        ("To: The Housing Office\n\n", "line 1: `To` names no agency"),
        (
            "To: a-b <nobody>\n\n",
            "line 1: `To` has something in angle brackets",
        ),
        (
            "Attachment-Category: RISK\n\n",
            "line 1: `Attachment-Category` is not of the form",
        ),
        (
            "Attachment-Category: a = RISK\nAttachment-Category: A = CARE\n\n",
            "line 2: `Attachment-Category`",
        ),
        (
            "Reply-To-Exchange: 12\n\n",
            "line 1: `Reply-To-Exchange` is no exchange's id",
        ),
        (
            "Clinician: a\u{7}b\n\n",
            "line 1: `Clinician` holds a control character",
        ),
        (
            "Confirm-Recipients: a-b\n\n",
            "line 1: `Confirm-Recipients` confirms recipients without",
        ),
        (
            "Purpose: CARE\nHe was seen\n",
            "line 2 does not begin with a name and a colon",
        ),
    ] {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{text:?}: {faults:?}");
        assert!(faults[0].starts_with(words), "{text:?}: {}", faults[0]);
    }
}

#[test]
fn nothing_is_lost_for_want_of_one_line() {
    let read = reading(
        "To: southwark-housing, The Office\nNominal: PNC 99/123456Y; DOB 1980-02-01\nPurpos: CARE\nCategory: RISK\nHe was seen.\n",
    );
    let details = read.details.unwrap();
    assert_eq!(details.recipients.unwrap().len(), 1);
    assert_eq!(details.identifiers.len(), 1);
    assert_eq!(details.category, Some(Category::Risk));
    assert_eq!(read.faults.len(), 4);
    assert_eq!(read.message.reveal(), "He was seen.\n");
    assert!(read.unread.reveal().contains("Purpos: CARE"));
}

#[test]
fn no_fault_repeats_what_was_written() {
    let secret = "99/987654Q";
    for text in [
        format!("Nominal: PNC {secret}\n\n"),
        format!("Nominal: {secret}\n\n"),
        format!("Purpose: {secret}\n\n"),
        format!("To: {secret} <{secret}>\n\n"),
        format!("Category: {secret}\n\n"),
        format!("Purpose: CARE\n{secret}: x\n\n"),
        format!("Attachment-Owner: {secret} = {secret}\n\n"),
        format!("Reply-To-Exchange: {secret}\n\n"),
    ] {
        let reading = reading(&text);
        assert!(!reading.faults.is_empty(), "{text}");
        for fault in &reading.faults {
            assert!(!fault.to_string().contains("987654"), "{fault}");
        }
        assert!(!format!("{reading:?}").contains("987654"));
    }
}

#[test]
fn the_check_fault_is_the_identifiers_own() {
    let fault = reading("Nominal: NHS 943 476 5918\n\n").faults.remove(0);
    let Problem::Identifier(bad) = fault.problem else {
        panic!("{fault}")
    };
    assert_eq!(
        (bad.kind, bad.fault),
        (IdentifierKind::Nhs, IdentifierFault::Check)
    );
}

fn words() -> impl Strategy<Value = String> {
    "[A-Za-zé0-9,.:=()’-]{1,12}( [A-Za-zé0-9,.:=()’-]{1,12}){0,30}"
}

prop_compose! {
    fn any_details()(
        to in prop::option::of(prop::collection::vec(("[a-z]{2,9}", prop::option::of("[a-z]{1,9}@[a-z]{3,9}\\.example")), 1..4)),
        purpose in prop::option::of(prop::sample::select(Purpose::ALL)),
        category in prop::option::of(prop::sample::select(Category::ALL)),
        necessity in prop::option::of(words()),
        emergency in prop::option::of(words()),
        reason in prop::option::of(words()),
        bases in prop::collection::btree_set("[A-Z][A-Za-z0-9 .]{0,20}[a-z0-9]", 0..4),
        crn in prop::option::of("[A-Z][0-9]{6}"),
        files in prop::collection::btree_map("[a-z]{1,9}\\.pdf", prop::sample::select(Category::ALL), 0..4),
    ) -> Details {
        let mut recipients = Vec::new();
        for (agency, person) in to.iter().flatten() {
            let one = Recipient { agency: agency.parse().unwrap(), person: person.clone().map(Personal::new) };
            if !recipients.contains(&one) {
                recipients.push(one);
            }
        }
        let identifiers = crn.map(|crn| Identifier::parse(IdentifierKind::Crn, &crn, CONTEXT.today).unwrap());
        Details {
            recipients: to.map(|_| recipients),
            identifiers: identifiers.into_iter().collect(),
            purpose,
            category,
            necessity: necessity.map(Personal::new),
            emergency: emergency.map(Personal::new),
            reason: reason.map(Personal::new),
            bases: bases.into_iter().map(|b| b.split_whitespace().collect::<Vec<_>>().join(" ")).collect(),
            attachments: files
                .into_iter()
                .map(|(name, category)| Attachment { name: Personal::new(name), line: 0, category: Some(category), owner: None })
                .collect(),
            ..Details::default()
        }
    }
}

proptest! {
    #[test]
    fn a_written_block_reads_back_as_the_same(mut written in any_details()) {
        written.bases.sort();
        written.bases.dedup();
        let text = format!("{}the message\n", written.write());
        let reading = reading(&text);
        if written == Details::default() {
            prop_assert_eq!(reading.details, None);
        } else {
            let mut read = reading.details.unwrap();
            for attachment in &mut read.attachments {
                attachment.line = 0;
            }
            prop_assert_eq!(&reading.faults, &vec![]);
            prop_assert_eq!(read, written);
            prop_assert_eq!(reading.message.reveal(), "the message\n");
        }
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}", begin in prop::sample::select(Name::ALL)) {
        reading(&text);
        let read = reading(&format!("{}: {text}\n{text}", begin.as_str()));
        prop_assert!(read.details.is_some());
    }

    #[test]
    fn the_message_is_what_the_text_ends_with(block in "(To|Purpose|Reason): [a-z\n: ]{0,60}", message in "[a-z \n]{0,60}") {
        let text = format!("{block}\n\n{message}");
        let read = reading(&text);
        prop_assert!(text.ends_with(read.message.reveal().as_str()));
    }
}
