//! DATA and BDAT: the message of a transaction, and the answer to it.

use std::sync::Arc;

use gateway_core::Id;

use crate::body::Scanner;
use crate::envelope::{Body, Envelope, Mode};
use crate::intake::Intake;
use crate::talk::{Talk, out_of_order};
use crate::wire::End;
use crate::{Reply, Sink};

impl Talk {
    pub(crate) async fn data(&mut self) -> Result<(), End> {
        let envelope = match self.ready() {
            Ok(envelope) => envelope,
            Err(reply) => return self.answer(&reply),
        };
        if self
            .transaction
            .as_ref()
            .is_some_and(|transaction| transaction.intake.is_some())
        {
            return self.answer(&out_of_order("the message has begun in BDAT: end it so"));
        }
        let id = envelope.id;
        let mut intake = self.begin(envelope, false).await;
        if let Some(reply) = intake.refused().cloned() {
            self.transaction = None;
            return self.answer(&reply);
        }
        let go = "send the message; CRLF.CRLF ends it";
        self.wire.reply(&Reply::plain(354, go.into()));
        loop {
            let (_, ended) = intake.take(&mut self.wire, u64::MAX, &self.place).await?;
            if ended {
                return self.conclude(intake, id).await;
            }
        }
    }

    /// RFC 3030. A chunk that is not taken is read all the same, so that what follows it is
    /// not read as commands; then the transaction is over.
    pub(crate) async fn bdat(&mut self, size: u64, last: bool) -> Result<(), End> {
        let ready = self.ready();
        let id = ready
            .as_ref()
            .map_or_else(|_| Id::nil(), |envelope| envelope.id);
        let begun = self
            .transaction
            .as_mut()
            .and_then(|transaction| transaction.intake.take());
        let mut intake = match (ready, begun) {
            (Ok(_), Some(intake)) => intake,
            (Ok(envelope), None) => self.begin(envelope, true).await,
            (Err(reply), _) => self.intake(Err(reply), true, true),
        };
        intake.announce(size)?;
        let mut left = size;
        while left > 0 {
            left -= intake.take(&mut self.wire, left, &self.place).await?.0;
        }
        if last {
            intake.end();
            return self.conclude(intake, id).await;
        }
        if let Some(reply) = intake.refused().cloned() {
            self.transaction = None;
            return self.answer(&reply);
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.intake = Some(intake);
        }
        self.answer(&Reply::accepted(format!("{size} octets")))
    }

    /// The envelope, where a message may come now.
    fn ready(&self) -> Result<Envelope, Reply> {
        match &self.transaction {
            None => Err(out_of_order("say MAIL and RCPT first")),
            Some(transaction) if transaction.recipients.is_empty() => {
                // RFC 2033 section 4.2 has 503 for this.
                Err(match self.session.mode {
                    Mode::Smtp => Reply::new(554, (5, 1), "no recipient was taken"),
                    Mode::Lmtp => out_of_order("no recipient was taken"),
                })
            }
            Some(transaction) => Ok(self.envelope(transaction)),
        }
    }

    async fn begin(&mut self, envelope: Envelope, chunked: bool) -> Intake {
        let handler = Arc::clone(&self.shared.handler);
        let eight_bit = self.shared.config.unannounced_8bit || envelope.body == Body::EightBit;
        let sink = handler.begin(envelope).await;
        self.intake(sink, chunked, eight_bit)
    }

    fn intake(&self, sink: Result<Box<dyn Sink>, Reply>, chunked: bool, eight_bit: bool) -> Intake {
        let config = &self.shared.config;
        let line = config.limits.message_line;
        let scanner = match chunked {
            true => Scanner::chunks(line, eight_bit),
            false => Scanner::data(line, eight_bit),
        };
        let deadline = self.transaction.as_ref().map_or_else(
            || tokio::time::Instant::now() + config.timeouts.transaction,
            |transaction| transaction.deadline,
        );
        Intake::new(scanner, sink, config, deadline)
    }

    /// The message is all here: the handler has the last word, and the sender hears it.
    async fn conclude(&mut self, intake: Intake, id: Id) -> Result<(), End> {
        let size = intake.size();
        let recipients = self.transaction.take().map_or(0, |of| of.recipients.len());
        let outcome = intake.finish().await;
        let replies = match self.session.mode {
            Mode::Smtp => vec![outcome.one()],
            Mode::Lmtp => outcome.each(recipients.max(1)),
        };
        self.idle = 0;
        for reply in &replies {
            tracing::info!(
                mail.session = %self.session.id,
                mail.id = %id,
                mail.size = size,
                mail.recipients = recipients,
                mail.code = reply.code(),
                "message answered"
            );
            self.wire.reply(reply);
        }
        // However many recipients, a refused message is one error of its sender.
        if replies.iter().all(|reply| reply.code() >= 500) {
            return self.blame();
        }
        if self.session.trusted_relay {
            // A relay keeps its connection for many senders' mail.
            self.errors = 0;
        }
        Ok(())
    }
}
