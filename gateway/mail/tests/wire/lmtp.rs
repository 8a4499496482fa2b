use crate::support::Gateway;

#[tokio::test]
async fn lmtp_answers_each_recipient_of_a_message() {
    let gateway = Gateway::lmtp().await;
    let mut peer = gateway.connect().await;
    peer.ask("EHLO client.example", 500).await;
    peer.ask("HELO client.example", 500).await;
    let said = peer.ask("LHLO client.example", 250).await;
    assert!(said.contains("PIPELINING") && said.contains("ENHANCEDSTATUSCODES"));
    for data in ["DATA\r\na\r\n.\r\n", "BDAT 3 LAST\r\na\r\n"] {
        peer.ask("MAIL FROM:<a@b.example>", 250).await;
        peer.ask("RCPT TO:<housing@gateway.example>", 250).await;
        peer.ask("RCPT TO:<nobody@elsewhere.example>", 550).await;
        peer.ask("RCPT TO:<refused@gateway.example>", 250).await;
        peer.ask("RCPT TO:<wait@gateway.example>", 250).await;
        peer.send(data).await;
        if data.starts_with("DATA") {
            peer.reply(354).await;
        }
        for code in [250, 554, 451] {
            peer.reply(code).await;
        }
        assert_eq!(gateway.keeper.only().1, b"a\r\n");
    }
    peer.ask("QUIT", 221).await;
}

#[tokio::test]
async fn lmtp_refuses_a_bad_message_to_each_recipient() {
    let gateway = Gateway::lmtp().await;
    let mut peer = gateway.connect().await;
    peer.ask("LHLO client.example", 250).await;
    peer.ask("DATA", 503).await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("DATA", 503).await;
    peer.ask("RCPT TO:<a@gateway.example>", 250).await;
    peer.ask("RCPT TO:<b@gateway.example>", 250).await;
    peer.ask("DATA", 354).await;
    peer.send("a\n.\n\r\n.\r\n").await;
    assert!(peer.reply(550).await.contains("5.6.11"));
    assert!(peer.reply(550).await.contains("5.6.11"));
    peer.ask("NOOP", 250).await;
    assert_eq!((gateway.keeper.count(), gateway.keeper.dropped()), (0, 1));
}

#[tokio::test]
async fn smtp_says_later_where_one_recipient_must_wait() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("RCPT TO:<housing@gateway.example>", 250).await;
    peer.ask("RCPT TO:<wait@gateway.example>", 250).await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 451).await;
}
