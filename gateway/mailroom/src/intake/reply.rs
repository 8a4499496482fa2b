//! What a sender is told: put into the queue before 250 is said, and written when it is sent.

use gateway_core::{ExchangeState, Personal};
use gateway_flow::Answer;

use crate::dispatch::queue::{Kind, Mail};
use crate::error::Trouble;
use crate::room::Mailroom;

use super::prove::Sender;

/// Queues the receipt of an exchange, or the notice that it waits to be completed. The same
/// mail again queues nothing: its sender has been told.
pub(crate) async fn queue(
    room: &Mailroom,
    answer: &Answer,
    sender: &Sender,
    faults: Vec<Personal<String>>,
) -> Result<(), Trouble> {
    let Some(exchange) = &answer.id else {
        return Ok(());
    };
    let kind = match answer.state {
        ExchangeState::Incomplete => Kind::Incomplete,
        ExchangeState::Quarantined
        | ExchangeState::Held
        | ExchangeState::Refused
        | ExchangeState::Released
        | ExchangeState::Superseded
        | ExchangeState::Recalled => Kind::Receipt,
    };
    let mail = Mail {
        kind,
        subject: format!("answer/{exchange}"),
        exchange: exchange.clone(),
        delivery: None,
        agency: sender.agency.to_string(),
        recipient: sender.address.reveal().to_owned(),
        words: faults.into_iter().map(Personal::into_inner).collect(),
    };
    room.queue(mail).await
}
