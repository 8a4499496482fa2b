//! Many messages taken away at once.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::DeflateDecoder;
use gateway_core::Category;
use gateway_core::event::{Event, EventKind};
use gateway_flow::hold::Chosen;
use jiff::SignedDuration;
use rawzip::ZipArchive;

use crate::browser::Browser;
use crate::world::{World, item, note};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
const READER: (&str, &str) = ("london-probation", "officer");

/// The files of a ZIP, by their paths.
fn unzipped(bytes: &[u8]) -> BTreeMap<String, String> {
    let archive = ZipArchive::from_slice(bytes).unwrap();
    let (mut files, mut entries) = (BTreeMap::new(), archive.entries());
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let inside = archive.get_entry(entry.wayfinder()).unwrap();
        let mut text = String::new();
        DeflateDecoder::new(inside.data())
            .read_to_string(&mut text)
            .unwrap();
        files.insert(name, text);
    }
    files
}

fn chosen(ids: &[&str]) -> String {
    let named: Vec<String> = ids.iter().map(|id| format!("message={id}")).collect();
    named.join("&")
}

/// Two notes, one with a title that leads elsewhere, and a report for another person.
async fn letters(world: &World) -> [String; 3] {
    world.nominal("london").await;
    let to = ["london-probation"];
    let first = world.sent(&to, note(), "Seen at the gate.").await;
    let odd = item("../../Note", Category::Risk, None);
    let second = world.sent(&to, odd, "Seen again.").await;
    let clinical = item("Report", Category::HealthClin, Some("london-trust"));
    let third = world.sent(&to, clinical, "For the doctor.").await;
    let guardian = world.caller("london-trust", "guardian").await;
    let review = world.flow.review(&guardian, &third).await.unwrap();
    let holds = review.items[0].cells.iter().map(|cell| Chosen {
        hold: cell.hold.clone(),
        category: None,
    });
    let holds: Vec<Chosen> = holds.collect();
    world
        .flow
        .decide_holds(&guardian, &holds, true, "needed for the plan")
        .await
        .unwrap();
    [first, second, third]
}

async fn events(world: &World, kind: EventKind) -> Vec<Event> {
    let mut all = Vec::new();
    for area in ["london", "kent"] {
        let head = world.flow.log_head(Some(area)).await.unwrap().unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let leaves = tx.leaves(&head.id, 0, 10_000).await.unwrap();
        let events = leaves
            .iter()
            .map(|leaf| serde_json::from_str(&leaf.event).unwrap());
        all.extend(events.filter(|event: &Event| event.kind == kind));
    }
    all
}

async fn reader(world: &World) -> Browser {
    world.visit(READER.0, READER.1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_comes_in_one_zip_and_each_document_is_logged_as_read() {
    let world = World::new().await;
    let letters = letters(&world).await;
    let [first, second, third] = letters.each_ref().map(String::as_str);
    let mut reader = reader(&world).await;
    let inbox = reader.get("/inbox").await.text();
    assert_eq!(inbox.matches("type=\"checkbox\"").count(), 3);
    let wanted = chosen(&[first, second, third, second, NOBODY]);
    let check = reader.get(&format!("/inbox/download?{wanted}")).await;
    assert_eq!(check.status, 200);
    assert!(check.text().contains("Download 3 messages"));
    assert!(check.text().contains("One message that you selected is"));
    assert!(events(&world, EventKind::BulkDownloaded).await.is_empty());

    let zip = reader.post("/inbox/download", &wanted).await;
    assert_eq!(zip.status, 200);
    assert_eq!(zip.headers["content-type"], "application/zip");
    let name = zip.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("\"messages-2026-03-02.zip\""), "{name}");
    let files = unzipped(&zip.body);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "01-2026-03-02-met-police/1 Risk note.txt",
        "01-2026-03-02-met-police/message.txt",
        "01-2026-03-02-met-police/receipt.tlog-proof",
        "02-2026-03-02-met-police/1 .._.._Note.txt",
        "02-2026-03-02-met-police/message.txt",
        "02-2026-03-02-met-police/receipt.tlog-proof",
        "03-2026-03-02-met-police/message.txt",
        "03-2026-03-02-met-police/receipt.tlog-proof",
        "index.txt",
    ];
    assert_eq!(names, expected);
    assert_eq!(files[expected[0]], "Seen at the gate.");
    assert_eq!(files[expected[3]], "Seen again.");
    assert!(files[expected[1]].starts_with("OFFICIAL-SENSITIVE"));
    assert!(files[expected[1]].contains("Why it is needed: whoever houses him must know"));
    assert!(files[expected[2]].contains("tlog-proof"));
    let index = &files["index.txt"];
    assert!(
        index.contains("Not included: Report: you cannot open it: "),
        "{index}"
    );
    assert!(
        index.contains(&format!("Not included: message {NOBODY}")),
        "{index}"
    );

    let read = events(&world, EventKind::ItemRead).await;
    let of: Vec<&str> = read
        .iter()
        .filter_map(|event| event.exchange.as_deref())
        .collect();
    assert_eq!(
        of,
        [first, second],
        "what was not opened is not logged as read"
    );
    let bulk = events(&world, EventKind::BulkDownloaded).await;
    assert_eq!(bulk.len(), 1);
    assert_eq!(
        bulk[0].detail["exchanges"],
        [first, second, third].join(" ")
    );
    assert_eq!(bulk[0].detail["messages"], "3");
    let person = world.person(READER.0, READER.1).await;
    assert_eq!(bulk[0].detail["person"], person);
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_are_not_there_and_nothing_chosen_or_too_much_is_said() {
    let world = World::new().await;
    let letters = letters(&world).await;
    let mut stranger = world.visit("kent-police", "officer").await;
    let mut sender = world.visit("met-police", "officer").await;
    for browser in [&mut stranger, &mut sender] {
        let (theirs, absent) = (chosen(&[&letters[0]]), chosen(&[NOBODY]));
        let got = browser.get(&format!("/inbox/download?{theirs}")).await;
        let none = browser.get(&format!("/inbox/download?{absent}")).await;
        assert_eq!((got.status, got.body), (404, none.body));
        let got = browser.post("/inbox/download", &theirs).await;
        let none = browser.post("/inbox/download", &absent).await;
        assert_eq!((got.status, got.body), (404, none.body));
    }
    assert!(events(&world, EventKind::BulkDownloaded).await.is_empty());
    let mut reader = reader(&world).await;
    for answer in [
        reader.get("/inbox/download").await,
        reader.post("/inbox/download", "").await,
    ] {
        assert_eq!(answer.location, "/inbox?none=true");
    }
    let inbox = reader.get("/inbox?none=true").await;
    assert_eq!(inbox.status, 422);
    assert!(inbox.text().contains("Error: Inbox"));
    assert!(inbox.text().contains("href=\"#message-1\""));
    let many: Vec<String> = (0..51).map(|n| format!("message={n}")).collect();
    let many = many.join("&");
    assert_eq!(reader.post("/inbox/download", &many).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_for_a_fresh_sign_in_and_forgets_nothing_that_was_chosen() {
    let world = World::new().await;
    let letters = letters(&world).await;
    let mut reader = reader(&world).await;
    let clock = &world.flow.clock;
    assert!(clock.advance(SignedDuration::from_mins(6)));
    let address = format!("/inbox/download?{}", chosen(&[&letters[0], &letters[1]]));
    let again = reader.get(&address).await;
    assert!(
        again.location.starts_with("/sign-in/again?next="),
        "{}",
        again.location
    );
    let form = reader.get(&again.location).await.text();
    let kept = address.replace('&', "&#38;");
    assert!(form.contains(&format!("value=\"{kept}\"")), "{form}");
    // Opened in time, sent a little later.
    assert!(clock.advance(SignedDuration::from_mins(10)));
    let late = reader
        .post("/inbox/download", &chosen(&[&letters[0]]))
        .await;
    assert!(
        late.location
            .starts_with("/sign-in/again?next=/inbox/download")
    );
    assert!(events(&world, EventKind::BulkDownloaded).await.is_empty());
    // As many as there can be do not make the way back too long.
    let longest = format!("/inbox/download?{}", chosen(&[NOBODY; 50]));
    let way = format!("/sign-in/again?next={}", longest.replace('&', "%26"));
    let form = reader.get(&way).await.text();
    assert!(form.contains(&format!("value=\"{}\"", longest.replace('&', "&#38;"))));
}
