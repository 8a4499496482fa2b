use crate::support::Gateway;

/// Lets others run until `done`.
async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_sender_that_goes_away_leaves_nothing() {
    let gateway = Gateway::start(|_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.send("half a mess").await;
    drop(peer);
    until(|| gateway.keeper.dropped() == 1).await;
    let mut peer = gateway.sender().await;
    peer.ask("BDAT 3\r\na", 250).await;
    drop(peer);
    until(|| gateway.keeper.dropped() == 2).await;
    let mut peer = gateway.sender().await;
    peer.ask("BDAT 3\r\na", 250).await;
    peer.ask("QUIT", 221).await;
    until(|| gateway.keeper.dropped() == 3).await;
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn a_sender_that_goes_away_after_the_end_does_not_stop_the_record() {
    let gateway = Gateway::with(0, usize::MAX, |_| ()).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.send("a\r\n.\r\n").await;
    drop(peer);
    gateway.keeper.permits.add_permits(1);
    until(|| gateway.keeper.count() == 1).await;
    assert_eq!(gateway.keeper.dropped(), 0);
}

#[tokio::test]
async fn a_listener_that_stops_finishes_what_is_being_recorded_and_tells_the_others() {
    let gateway = Gateway::with(0, usize::MAX, |_| ()).await;
    let mut idle = gateway.client().await;
    let mut halfway = gateway.sender().await;
    halfway.ask("DATA", 354).await;
    halfway.send("half a mess").await;
    let mut whole = gateway.sender().await;
    whole.ask("DATA", 354).await;
    whole.send("a\r\n.\r\nNOOP\r\n").await;
    until(|| {
        gateway
            .keeper
            .begun
            .load(std::sync::atomic::Ordering::SeqCst)
            == 2
    })
    .await;
    // A sink that waits in its end takes no part in the stop: give it time to get there.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    gateway.stop.send(true).unwrap();
    assert!(idle.reply(421).await.contains("4.3.2"));
    halfway.reply(421).await;
    until(|| gateway.keeper.dropped() == 1).await;
    gateway.keeper.permits.add_permits(1);
    assert!(whole.reply(250).await.contains("recorded"));
    whole.reply(421).await;
    drop((idle, halfway, whole));
    gateway.task.await.unwrap();
    assert_eq!(gateway.keeper.count(), 1);
    assert!(
        tokio::net::TcpStream::connect(gateway.address)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_record_that_takes_longer_than_the_drain_is_left_unanswered() {
    let configure = |config: &mut gateway_mail::Config| {
        config.timeouts.drain = std::time::Duration::ZERO;
    };
    let gateway = Gateway::with(0, usize::MAX, configure).await;
    let mut peer = gateway.sender().await;
    peer.ask("DATA", 354).await;
    peer.send("a\r\n.\r\n").await;
    until(|| {
        gateway
            .keeper
            .begun
            .load(std::sync::atomic::Ordering::SeqCst)
            == 1
    })
    .await;
    gateway.stop.send(true).unwrap();
    gateway.task.await.unwrap();
    assert!(!peer.rest().await.contains("250"));
    assert_eq!((gateway.keeper.count(), gateway.keeper.dropped()), (0, 1));
}

#[tokio::test]
async fn a_handler_that_breaks_down_takes_its_own_conversation_only() {
    let gateway = Gateway::start(|_| ()).await;
    let mut other = gateway.sender().await;
    let mut peer = gateway.client().await;
    peer.ask("MAIL FROM:<a@b.example>", 250).await;
    peer.send("RCPT TO:<broken@gateway.example>\r\n").await;
    assert_eq!(peer.rest().await, "");
    other.ask("DATA", 354).await;
    other.ask("a\r\n.", 250).await;
    gateway.client().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_each_answered_for_their_own() {
    let gateway = Gateway::start(|config| {
        config.relays = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let gateway = std::sync::Arc::new(gateway);
    let mut senders = tokio::task::JoinSet::new();
    for n in 0..200 {
        let gateway = std::sync::Arc::clone(&gateway);
        senders.spawn(async move {
            let mut peer = gateway.sender().await;
            for round in 0..3 {
                peer.ask("DATA", 354).await;
                peer.ask(&format!("{n} {round}\r\n."), 250).await;
                peer.envelope().await;
            }
            peer.ask("QUIT", 221).await;
        });
    }
    while let Some(sent) = senders.join_next().await {
        sent.unwrap();
    }
    let kept = gateway.keeper.kept.lock().unwrap();
    let texts: std::collections::HashSet<_> = kept.iter().map(|(_, text)| text).collect();
    let ids: std::collections::HashSet<_> = kept.iter().map(|(of, _)| of.id.to_string()).collect();
    assert_eq!((kept.len(), texts.len(), ids.len()), (600, 600, 600));
}
