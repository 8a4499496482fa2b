use gateway_mail::{Body, Notify, Return};

use crate::support::Gateway;

#[tokio::test]
async fn a_message_is_kept_as_it_was_sent_and_then_answered() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    let said = peer.ask("Subject: x\r\n\r\n..dot\r\nend\r\n.", 250).await;
    assert_eq!(said, "250 2.0.0 recorded\r\n");
    let (envelope, text) = gateway.keeper.only();
    assert_eq!(text, b"Subject: x\r\n\r\n.dot\r\nend\r\n");
    assert_eq!(envelope.sender.unwrap().as_str(), "officer@police.example");
    assert_eq!(envelope.session.hello.as_deref(), Some("client.example"));
    assert_eq!(envelope.session.peer.ip().to_string(), "127.0.0.1");
    assert_eq!(envelope.session.encryption, None);
    assert!(!envelope.session.trusted_relay);
    assert!(peer.ask("QUIT", 221).await.contains("2.0.0"));
    assert_eq!(peer.rest().await, "");
}

#[tokio::test]
async fn the_250_waits_for_the_record() {
    let gateway = Gateway::with(0, usize::MAX, |_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.send("a\r\n.\r\nNOOP\r\n").await;
    let answered = tokio::select! {
        biased;
        _ = peer.reply(250) => true,
        () = async { for _ in 0..1000 { tokio::task::yield_now().await; } } => false,
    };
    assert!(!answered, "nothing is said before the record");
    assert_eq!(gateway.keeper.count(), 0);
    gateway.keeper.permits.add_permits(1);
    assert!(peer.reply(250).await.contains("recorded"));
    peer.reply(250).await;
    assert_eq!(gateway.keeper.count(), 1);
}

#[tokio::test]
async fn what_is_offered_is_said_by_mode() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.connect().await;
    let said = peer.ask("EHLO client.example", 250).await;
    for extension in [
        "PIPELINING",
        "SIZE 52428800",
        "8BITMIME",
        "SMTPUTF8",
        "CHUNKING",
        "DSN",
        "ENHANCEDSTATUSCODES",
    ] {
        assert!(said.contains(extension), "{extension}: {said}");
    }
    assert!(!said.contains("STARTTLS") && !said.contains("XCLIENT"));
    assert_eq!(
        peer.ask("HELO client.example", 250).await,
        "250 gateway.example\r\n"
    );
    peer.ask("LHLO client.example", 500).await;
    peer.ask("STARTTLS", 502).await;
    peer.ask("MAIL FROM:<a@b.example> SIZE=1", 555).await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
}

#[tokio::test]
async fn the_envelope_has_all_that_was_said() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask(
        "MAIL FROM:<> SIZE=9 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=e+2B1",
        250,
    )
    .await;
    let to = "RCPT TO:<jürgen@gateway.example> NOTIFY=FAILURE ORCPT=utf-8;j@b.example";
    peer.ask(to, 250).await;
    peer.ask("RCPT TO:<b@gateway.example> NOTIFY=NEVER", 250)
        .await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    let (envelope, _) = gateway.keeper.only();
    assert_eq!(envelope.sender, None);
    assert_eq!(envelope.size, Some(9));
    assert_eq!(envelope.body, Body::EightBit);
    assert!(envelope.utf8);
    assert_eq!(envelope.ret, Some(Return::Full));
    assert_eq!(envelope.envelope_id.unwrap().as_str(), "e+2B1");
    let [first, second] = &envelope.recipients[..] else {
        panic!("two recipients");
    };
    assert_eq!(first.address.as_str(), "jürgen@gateway.example");
    assert_eq!(
        first.original.as_ref().unwrap().as_str(),
        "utf-8;j@b.example"
    );
    let failure = Notify::On {
        success: false,
        failure: true,
        delay: false,
    };
    assert_eq!((first.notify, second.notify), (failure, Notify::Never));
}

#[tokio::test]
async fn commands_out_of_order_are_503() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.connect().await;
    peer.ask("MAIL FROM:<a@b.example>", 503).await;
    peer.ask("RCPT TO:<a@gateway.example>", 503).await;
    peer.ask("DATA", 503).await;
    peer.ask("EHLO client.example", 250).await;
    peer.ask("DATA", 503).await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("MAIL FROM:<a@b.example>", 503).await;
    assert!(peer.ask("DATA", 554).await.contains("5.5.1"));
    peer.ask("RSET", 250).await;
    peer.ask("RCPT TO:<a@gateway.example>", 503).await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("EHLO client.example", 250).await;
    peer.ask("RCPT TO:<a@gateway.example>", 503).await;
}

#[tokio::test]
async fn recipients_are_judged_one_by_one() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    assert!(
        peer.ask("RCPT TO:<a@elsewhere.example>", 550)
            .await
            .contains("5.1.1")
    );
    assert!(
        peer.ask("RCPT TO:<later@gateway.example>", 451)
            .await
            .contains("4.3.0")
    );
    assert!(
        peer.ask("RCPT TO:<full@gateway.example>", 452)
            .await
            .contains("4.2.2")
    );
    peer.ask("RCPT TO:<yes@gateway.example>", 451).await;
    peer.ask("RCPT TO:<housing@gateway.example>", 250).await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    assert_eq!(gateway.keeper.only().0.recipients.len(), 1);
}

#[tokio::test]
async fn the_small_commands_answer_and_tell_nothing() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("NOOP whatever", 250).await;
    peer.ask("HELP", 214).await;
    let said = peer.ask("VRFY housing@gateway.example", 252).await;
    assert_eq!(said, peer.ask("VRFY nobody@elsewhere.example", 252).await);
    assert!(!said.contains("housing"));
    peer.ask("EXPN staff", 502).await;
    peer.ask("AUTH PLAIN", 502).await;
    peer.ask("XCLIENT ADDR=192.0.2.1", 500).await;
}

#[tokio::test]
async fn a_pipelined_group_is_answered_in_order() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    let group = "MAIL FROM:<a@b.example>\r\nRCPT TO:<x@elsewhere.example>\r\n\
                 RCPT TO:<housing@gateway.example>\r\nDATA\r\n";
    peer.send(group).await;
    for code in [250, 550, 250, 354] {
        peer.reply(code).await;
    }
    peer.send("one\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 550, 554] {
        peer.reply(code).await;
    }
    peer.send("RSET\r\nQUIT\r\n").await;
    peer.reply(250).await;
    peer.reply(221).await;
    assert_eq!(gateway.keeper.only().1, b"one\r\n");
}

#[tokio::test]
async fn a_whole_conversation_octet_by_octet_is_the_same() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.connect().await;
    let said = "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<h@gateway.example>\r\n\
                DATA\r\n..\r\n.x\r\n.\r\nQUIT\r\n";
    for octet in said.as_bytes() {
        peer.send([*octet]).await;
        tokio::task::yield_now().await;
    }
    assert!(peer.rest().await.ends_with("221 2.0.0 goodbye\r\n"));
    assert_eq!(gateway.keeper.only().1, b".\r\nx\r\n");
}

#[tokio::test]
async fn chunks_make_one_message_with_its_dots() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.sender().await;
    peer.send("BDAT 5\r\n.a\r\n.BDAT 0\r\nBDAT 6 LAST\r\nb\r\n.\r\nNOOP\r\n")
        .await;
    for _ in 0..4 {
        peer.reply(250).await;
    }
    assert_eq!(gateway.keeper.only().1, b".a\r\n.b\r\n.\r\n");
    peer.envelope().await;
    peer.ask("BDAT 0 LAST", 250).await;
    assert_eq!(gateway.keeper.only().1, b"");
}

#[tokio::test]
async fn within_chunks_no_other_command_goes_on_with_the_message() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("BDAT 3\r\na", 250).await;
    peer.ask("DATA", 503).await;
    peer.ask("RCPT TO:<b@gateway.example>", 503).await;
    peer.ask("MAIL FROM:<a@b.example>", 503).await;
    peer.ask("RSET", 250).await;
    assert_eq!(gateway.keeper.dropped(), 1);
    peer.ask("BDAT 6 LAST\r\nNOOP", 503).await;
    peer.ask("NOOP", 250).await;
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn a_chunk_that_is_not_taken_is_never_read_as_commands() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.send("BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n").await;
    peer.reply(503).await;
    peer.reply(503).await;
    peer.ask("NOOP", 250).await;
    peer.ask("BDAT six", 501).await;
    assert_eq!(peer.rest().await, "", "the conversation is over");
}

#[tokio::test]
async fn a_handler_that_cannot_take_a_message_says_so_before_it_comes() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("RCPT TO:<busy@gateway.example>", 250).await;
    peer.ask("DATA", 451).await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.ask("RCPT TO:<busy@gateway.example>", 250).await;
    peer.send("BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n").await;
    peer.reply(451).await;
    peer.reply(503).await;
    peer.ask("NOOP", 250).await;
}
