use crate::support::Gateway;

/// What others have taken for the end of a message, or let through as part of it.
const ENDS: &[&[u8]] = &[
    b"\n.\n",
    b"\n.\r\n",
    b"\n.\r",
    b"\r.\r",
    b"\r.\r\n",
    b"\r.\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\r\n.\r\n",
    b"\n\n.\r\n",
    b"\r\n\n.\r\n",
    b"\n\r.\r\n",
    b"\r\n\r.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\0\n.\r\n",
    b"\r\n.\r\0\n",
    b"\0\r\n.\r\n",
];

const SECOND: &[u8] = b"MAIL FROM:<chief@police.example>\r\n\
    RCPT TO:<housing@gateway.example>\r\nDATA\r\nforged\r\n.\r\n";

#[tokio::test]
async fn no_false_end_of_data_lets_a_second_message_in() {
    let gateway = Gateway::start(|_| ()).await;
    for end in ENDS {
        let mut peer = gateway.sender().await;
        peer.ask("DATA", 354).await;
        peer.send([b"a\r\nb", *end, SECOND].concat()).await;
        assert!(peer.reply(550).await.contains("5.6.11"), "{end:?}");
        // After a true end the second message is one by any reading; else it was text.
        if true_end(end) {
            for code in [250, 250, 354, 250] {
                peer.reply(code).await;
            }
        }
        peer.ask("QUIT", 221).await;
    }
    let kept = gateway.keeper.kept.lock().unwrap();
    let honest = ENDS.iter().filter(|end| true_end(end)).count();
    assert_eq!(kept.len(), honest, "only what a real CRLF.CRLF divides");
}

/// These have a CRLF.CRLF in them: the second message is one, by any reading.
fn true_end(end: &[u8]) -> bool {
    end.windows(5).any(|five| five == b"\r\n.\r\n")
}

#[tokio::test]
async fn the_same_in_segments_of_one_octet() {
    let gateway = Gateway::start(|_| ()).await;
    for end in ENDS.iter().filter(|end| !true_end(end)) {
        let mut peer = gateway.sender().await;
        peer.ask("DATA", 354).await;
        for octet in [b"a", *end, SECOND].concat() {
            peer.send([octet]).await;
            tokio::task::yield_now().await;
        }
        peer.reply(550).await;
        peer.ask("QUIT", 221).await;
    }
    assert_eq!(gateway.keeper.count(), 0);
    assert_eq!(
        gateway.keeper.dropped(),
        ENDS.iter().filter(|end| !true_end(end)).count()
    );
}

#[tokio::test]
async fn a_bare_cr_or_lf_in_chunks_is_refused_after_the_chunk() {
    let gateway = Gateway::start(|_| ()).await;
    for text in ["a\nb\r\n", "a\rb\r\n", "a\0b\r\n", "abcd\r"] {
        let mut peer = gateway.sender().await;
        peer.send(format!("BDAT {} LAST\r\n{text}", text.len()))
            .await;
        assert!(peer.reply(550).await.contains("5.6.11"));
        peer.ask("NOOP", 250).await;
    }
    // A CRLF may be divided by two chunks.
    let mut peer = gateway.sender().await;
    peer.send("BDAT 2\r\na\rBDAT 1 LAST\r\n\n").await;
    peer.reply(250).await;
    peer.reply(250).await;
    assert_eq!(gateway.keeper.only().1, b"a\r\n");
}

#[tokio::test]
async fn a_command_with_what_is_no_text_is_refused_whole() {
    let gateway = Gateway::start(|_| ()).await;
    for line in [
        &b"NOOP\rQUIT\r\n"[..],
        b"NOOP\r\r\n",
        b"NO\0OP\r\n",
        b"NOOP \xff\r\n",
        b"MAIL FROM:<a@b.exa\rmple>\r\n",
        b"RCPT TO:<a\r@gateway.example>\r\n",
        b"NOOP\nQUIT\r\n",
        b"MAIL FROM:<a@b.example>\nRSET\r\n",
    ] {
        let mut peer = gateway.client().await;
        peer.send(line).await;
        assert!(peer.reply(500).await.contains("5.5.2"), "{line:?}");
        peer.ask("MAIL FROM:<a@b.example>", 250).await;
    }
}

#[tokio::test]
async fn a_client_that_never_sends_cr_is_told_and_sent_away() {
    let gateway = Gateway::start(|config| config.limits.errors = 4).await;
    let mut peer = gateway.connect().await;
    peer.send("EHLO client.example\nMAIL FROM:<a@b.example>\n")
        .await;
    peer.reply(500).await;
    peer.reply(500).await;
    peer.send("RCPT TO:<housing@gateway.example>\nDATA\nbody\n.\nQUIT\n")
        .await;
    for _ in 0..3 {
        peer.reply(500).await;
    }
    peer.reply(421).await;
}

#[tokio::test]
async fn a_web_client_cannot_carry_mail_in_its_body() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.connect().await;
    peer.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c.example\r\n")
        .await;
    peer.reply(500).await;
    assert_eq!(peer.rest().await, "");
}
