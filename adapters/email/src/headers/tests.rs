use super::*;

fn headers(raw: &str) -> Headers {
    read(&Entity::read(raw.as_bytes(), 9999).unwrap())
}

#[test]
fn exactly_one_from_with_one_address_names_the_sender() {
    assert_eq!(
        headers("From: A <a@b.example>\n\n").from.unwrap().reveal(),
        "a@b.example"
    );
    assert_eq!(
        headers("To: a@b.example\n\n").from,
        Err(SenderFault::Missing)
    );
    let twice = headers("From: a@b.example\nfrom: a@b.example\n\n");
    assert_eq!(twice.from, Err(SenderFault::Several { count: 2 }));
    let two = headers("From: a@b.example, c@d.example\n\n");
    assert_eq!(two.from, Err(SenderFault::NotOne));
}

#[test]
fn several_agencies_make_one_exchange_each_once() {
    let to = headers(
        "To: Southwark <southwark-housing@gw.example>, team: LONDON-PROBATION@gw.example;\n\
         Cc: southwark-housing@GW.example, x@else.example, No_Agency@gw.example\n\n",
    )
    .addressed_to("gw.example");
    let ids: Vec<&str> = to.agencies.iter().map(AgencyId::as_str).collect();
    assert_eq!(ids, ["southwark-housing", "london-probation"]);
    assert_eq!((to.unknown.len(), to.elsewhere), (1, 1));
}

#[test]
fn ids_are_read_without_their_brackets() {
    let read = headers(
        "Message-ID: <1@b.example>\nIn-Reply-To: <2@b.example>\nReferences: <0@b.example>\n\t<2@b.example> junk <a b>\n\n",
    );
    assert_eq!(read.message_id.as_deref(), Some("1@b.example"));
    assert_eq!(read.in_reply_to, ["2@b.example"]);
    assert_eq!(read.references, ["0@b.example", "2@b.example"]);
}

#[test]
fn a_thread_is_named_by_the_subject_or_by_references() {
    let both = headers(
        "Subject: RE: [ref aaaaaa] x\nReferences: <ref.aaaaaa@gw.example> <ref.bbbbbb@gw.example> <ref.cccccc@else.example>\n\n",
    );
    let threads: Vec<String> = both
        .threads("gw.example")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(threads, ["aaaaaa", "bbbbbb"]);
    assert!(
        headers("Subject: hello\n\n")
            .threads("gw.example")
            .is_empty()
    );
}

#[test]
fn a_title_is_the_subject_without_its_dress() {
    let title = |subject: &str| {
        let read = headers(&format!("Subject: {subject}\n\n")).title();
        read.map(Personal::into_inner)
    };
    assert_eq!(
        title("RE: FW: [ref aaaaaa] Visit: today").as_deref(),
        Some("Visit: today")
    );
    assert_eq!(title("=?utf-8?q?Si=C3=A2n?=").as_deref(), Some("Siân"));
    assert_eq!(title("Re:"), None);
}

#[test]
fn a_date_is_read_where_it_is_one() {
    let date = |text: &str| {
        headers(&format!("Date: {text}\n\n"))
            .date
            .map(|at| at.to_string())
    };
    assert_eq!(
        date("Mon, 2 Mar 2026 10:00:00 +0100").as_deref(),
        Some("2026-03-02T09:00:00Z")
    );
    assert_eq!(date("soon"), None);
}

#[test]
fn a_mail_never_shows_who_wrote_it() {
    let shown = format!(
        "{:?}",
        headers("From: sara@b.example\nSubject: Visit\nTo: x@y.example\n\n")
    );
    assert!(!shown.contains("sara") && !shown.contains("Visit") && !shown.contains("y.example"));
}
