use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::support::Gateway;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn logs_have_ids_sizes_and_codes_and_nothing_of_anybody() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("MAIL FROM:<Marker1@police.example> ENVID=Marker2", 250)
        .await;
    peer.ask(
        "RCPT TO:<Marker3@gateway.example> ORCPT=rfc822;Marker4@x.example",
        250,
    )
    .await;
    peer.ask("RCPT TO:<Marker5@elsewhere.example>", 550).await;
    peer.ask("Marker6", 500).await;
    peer.ask("DATA", 354).await;
    peer.ask("Subject: Marker7\r\n\r\nMarker8\r\n.", 250).await;
    peer.ask("QUIT", 221).await;
    assert_eq!(peer.rest().await, "");
    let (envelope, text) = gateway.keeper.only();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&envelope.id.to_string()), "{log}");
    assert!(log.contains(&format!("mail.size={} ", text.len())), "{log}");
    assert!(log.contains("mail.code=250"), "{log}");
    assert!(
        !log.contains("Marker") && !log.contains("127.0.0.1"),
        "{log}"
    );
    let debug = format!("{envelope:?}");
    assert!(!debug.contains("Marker"), "{debug}");
}
