use gateway_mail::Config;

use crate::support::Gateway;

#[tokio::test]
async fn a_message_too_large_is_refused_when_announced_and_when_sent() {
    let gateway = Gateway::start(|config| config.limits.message = 10).await;
    let mut peer = gateway.client().await;
    assert!(
        peer.ask("MAIL FROM:<a@b.example> SIZE=11", 552)
            .await
            .contains("5.3.4")
    );
    peer.ask("MAIL FROM:<a@b.example> SIZE=10", 250).await;
    peer.ask("RCPT TO:<housing@gateway.example>", 250).await;
    peer.ask("DATA", 354).await;
    assert!(peer.ask("12345678\r\n9\r\n.", 552).await.contains("5.3.4"));
    assert_eq!(gateway.keeper.dropped(), 1);
    peer.envelope().await;
    peer.ask("DATA", 354).await;
    peer.ask("..2345678\r\n.", 250).await;
    assert_eq!(
        gateway.keeper.only().1.len(),
        10,
        "a stuffed dot is not counted"
    );
    peer.envelope().await;
    peer.ask("BDAT 6\r\n1234", 250).await;
    peer.ask("BDAT 6\r\n1234", 552).await;
    peer.ask("NOOP", 250).await;
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn what_is_far_too_large_is_not_even_read() {
    let gateway = Gateway::start(|config| config.limits.message = 10).await;
    let mut peer = gateway.sender().await;
    peer.ask("BDAT 99999999 LAST", 552).await;
    assert_eq!(peer.rest().await, "");
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    for _ in 0..40 {
        peer.send("x".repeat(30_000) + "\r\n").await;
    }
    peer.reply(552).await;
    assert_eq!(peer.rest().await, "");
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn recipients_have_a_limit() {
    let gateway = Gateway::start(|config| config.limits.recipients = 2).await;
    let mut peer = gateway.sender().await;
    peer.ask("RCPT TO:<a@gateway.example>", 250).await;
    assert!(
        peer.ask("RCPT TO:<b@gateway.example>", 452)
            .await
            .contains("4.5.3")
    );
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    assert_eq!(gateway.keeper.only().0.recipients.len(), 2);
}

#[tokio::test]
async fn errors_and_idle_commands_have_a_limit() {
    let gateway = Gateway::start(|config| {
        config.limits.errors = 3;
        config.limits.idle_commands = 5;
    })
    .await;
    let mut peer = gateway.client().await;
    for _ in 0..4 {
        peer.ask("XYZZY", 500).await;
    }
    peer.reply(421).await;
    assert_eq!(peer.rest().await, "");
    let mut peer = gateway.client().await;
    for _ in 0..4 {
        peer.ask("NOOP", 250).await;
    }
    peer.ask("NOOP", 421).await;
}

#[tokio::test]
async fn guessing_recipients_is_an_error_unless_a_relay_brings_them() {
    let guesses = |relays: &'static [&'static str]| {
        move |config: &mut Config| {
            config.limits.errors = 2;
            config.relays = relays.iter().map(|text| text.parse().unwrap()).collect();
        }
    };
    let gateway = Gateway::start(guesses(&[])).await;
    let mut peer = gateway.sender().await;
    for _ in 0..3 {
        peer.ask("RCPT TO:<x@elsewhere.example>", 550).await;
    }
    peer.reply(421).await;
    let gateway = Gateway::start(guesses(&["127.0.0.0/8"])).await;
    let mut peer = gateway.sender().await;
    for _ in 0..5 {
        for _ in 0..2 {
            peer.ask("XYZZY", 500).await;
            peer.ask("RCPT TO:<x@elsewhere.example>", 550).await;
        }
        peer.ask("DATA", 354).await;
        peer.ask("a\r\n.", 250).await;
        assert!(gateway.keeper.only().0.session.trusted_relay);
        peer.envelope().await;
    }
}

#[tokio::test]
async fn only_relays_may_bring_mail_where_it_is_so_configured() {
    let gateway = Gateway::start(|config| config.direct = false).await;
    let mut peer = gateway.client().await;
    assert!(
        peer.ask("MAIL FROM:<a@b.example>", 550)
            .await
            .contains("5.7.1")
    );
    let gateway = Gateway::start(|config| {
        config.direct = false;
        config.relays = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    gateway.sender().await;
}

#[tokio::test]
async fn connections_have_a_limit_in_all_and_by_source() {
    for which in [true, false] {
        let gateway = Gateway::start(|config| match which {
            true => config.limits.connections = 1,
            false => config.limits.connections_per_source = 1,
        })
        .await;
        let mut first = gateway.connect().await;
        let stream = tokio::net::TcpStream::connect(gateway.address)
            .await
            .unwrap();
        let mut second = crate::support::Peer(stream);
        second.reply(421).await;
        assert_eq!(second.rest().await, "");
        first.ask("QUIT", 221).await;
        assert_eq!(first.rest().await, "");
        drop(first);
        // The place is given back a moment after the goodbye.
        loop {
            let stream = tokio::net::TcpStream::connect(gateway.address)
                .await
                .unwrap();
            if crate::support::Peer(stream).is_greeted().await {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_source_has_so_many_messages_a_minute() {
    let gateway = Gateway::start(|config| config.limits.messages_per_minute = 1).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    assert!(
        peer.ask("MAIL FROM:<a@b.example>", 451)
            .await
            .contains("4.7.1")
    );
    let gateway = Gateway::start(|config| config.limits.bytes_per_minute = 3).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    peer.ask("MAIL FROM:<a@b.example>", 451).await;
}

#[tokio::test]
async fn a_line_too_long_is_one_error_and_nothing_of_it_a_command() {
    let gateway = Gateway::start(|config| config.limits.command_line = 600).await;
    let mut peer = gateway.client().await;
    peer.ask(&format!("NOOP {}", "x".repeat(593)), 250).await;
    peer.ask(&format!("NOOP {}", "x".repeat(594)), 500).await;
    peer.ask(&format!("NOOP {}\r\nHELP", "x".repeat(100_000)), 500)
        .await;
    peer.reply(214).await;
    peer.send("x".repeat(1_200_000)).await;
    peer.reply(500).await;
    peer.reply(421).await;
}

#[tokio::test]
async fn long_lines_and_eight_bits_of_a_message_are_taken_or_refused_clearly() {
    let gateway = Gateway::start(|config| {
        config.limits.message_line = 1000;
        config.unannounced_8bit = false;
    })
    .await;
    let mut peer = gateway.client().await;
    for (body, text, code) in [
        ("", "x".repeat(998), 250),
        ("", "x".repeat(999), 554),
        ("", "é".to_owned(), 554),
        (" BODY=8BITMIME", "é".to_owned(), 250),
    ] {
        peer.ask(&format!("MAIL FROM:<a@b.example>{body}"), 250)
            .await;
        peer.ask("RCPT TO:<housing@gateway.example>", 250).await;
        peer.ask("DATA", 354).await;
        peer.ask(&format!("{text}\r\n."), code).await;
    }
    assert_eq!((gateway.keeper.count(), gateway.keeper.dropped()), (2, 2));
}

#[tokio::test]
async fn what_the_sink_cannot_hold_is_refused_in_its_words() {
    let gateway = Gateway::with(9, 100, |_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    let header = format!("X: {}\r\n.", "x".repeat(50_000));
    assert!(peer.ask(&header, 554).await.contains("a header too large"));
    peer.ask("NOOP", 250).await;
    assert_eq!((gateway.keeper.count(), gateway.keeper.dropped()), (0, 1));
}
