//! A conversation: commands in, replies out, in the order that RFC 5321 section 4.1.4 allows.

use std::sync::Arc;

use bytes::BytesMut;
use gateway_core::Id;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::command::{self, Command, Hello, Mail, Refusal};
use crate::config::Config;
use crate::envelope::{Envelope, Mode, Recipient, Session};
use crate::intake::{Intake, too_large};
use crate::quota::Place;
use crate::wire::{End, Line, Wire};
use crate::{Handler, Reply, Verdict};

/// What all conversations of a listener share.
pub(crate) struct Shared {
    pub config: Config,
    pub handler: Arc<dyn Handler>,
    pub acceptor: Option<TlsAcceptor>,
}

/// One conversation, from the greeting or the TLS handshake on.
pub(crate) struct Talk {
    pub shared: Arc<Shared>,
    pub place: Place,
    pub wire: Wire,
    pub session: Session,
    pub errors: u32,
    pub hello: Option<Hello>,
    pub transaction: Option<Transaction>,
    pub idle: u32,
}

/// What is under way since MAIL.
pub(crate) struct Transaction {
    mail: Mail,
    pub recipients: Vec<Recipient>,
    pub deadline: Instant,
    /// The message, between two BDAT.
    pub intake: Option<Intake>,
}

pub(crate) fn out_of_order(text: &'static str) -> Reply {
    Reply::new(503, (5, 1), text)
}

fn done(text: &'static str) -> Reply {
    Reply::accepted(text)
}

impl Talk {
    /// Says who is here.
    pub(crate) fn greet(&mut self) {
        let protocol = match self.session.mode {
            Mode::Smtp => "ESMTP",
            Mode::Lmtp => "LMTP",
        };
        let text = format!("{} {protocol}", self.shared.config.hostname);
        self.wire.reply(&Reply::plain(220, text.into()));
    }

    /// Answers commands until the client has asked for TLS (and was told to begin) or the
    /// conversation is at an end.
    pub(crate) async fn run(&mut self) -> Result<(), End> {
        loop {
            let limits = self.shared.config.limits;
            let wait = self.wait();
            let line = match self.wire.line(limits.command_line, wait).await? {
                Line::Whole(line) => line,
                Line::Bad => {
                    self.answer(&command::bad_line())?;
                    continue;
                }
            };
            if self.obey(&line).await? {
                return Ok(());
            }
        }
    }

    /// A command's time, and no more than is left of the transaction's.
    fn wait(&self) -> std::time::Duration {
        let command = self.shared.config.timeouts.command;
        self.transaction.as_ref().map_or(command, |transaction| {
            let left = transaction
                .deadline
                .saturating_duration_since(Instant::now());
            command.min(left)
        })
    }

    /// Replies, and counts refusals: a client that only ever errs is sent away.
    pub(crate) fn answer(&mut self, reply: &Reply) -> Result<(), End> {
        self.wire.reply(reply);
        if reply.code() < 500 {
            Ok(())
        } else {
            self.err()
        }
    }

    /// Counts a refusal of what was brought; what a trusted relay brings is not of its making.
    pub(crate) fn blame(&mut self) -> Result<(), End> {
        if self.session.trusted_relay {
            Ok(())
        } else {
            self.err()
        }
    }

    fn err(&mut self) -> Result<(), End> {
        self.errors += 1;
        if self.errors > self.shared.config.limits.errors {
            return Err(End::Told(Reply::new(
                421,
                (7, 0),
                "too many errors; closing",
            )));
        }
        Ok(())
    }

    /// Acts on one line; true where TLS begins.
    async fn obey(&mut self, line: &BytesMut) -> Result<bool, End> {
        let utf8 = self
            .transaction
            .as_ref()
            .is_some_and(|transaction| transaction.mail.utf8);
        let command = match command::parse(line, utf8) {
            Ok(command) => command,
            Err(Refusal::Line(reply)) => return self.answer(&reply).map(|()| false),
            Err(Refusal::End(reply)) => return Err(End::Told(reply)),
        };
        let reply = match command {
            Command::StartTls => return self.start_tls().await,
            Command::Data => return self.data().await.map(|()| false),
            Command::Bdat { size, last } => return self.bdat(size, last).await.map(|()| false),
            Command::Quit => return Err(End::Told(Reply::new(221, (0, 0), "goodbye"))),
            Command::Hello(kind, host) => self.hello(kind, host)?,
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(recipient) => return self.rcpt(recipient).await.map(|()| false),
            Command::Rset => {
                self.transaction = None;
                self.idle(done("forgotten"))?
            }
            Command::Noop => self.idle(done("here"))?,
            Command::Vrfy => {
                let text = "not said here; send the message, and it is taken or refused";
                self.idle(Reply::new(252, (5, 0), text))?
            }
            Command::Help => {
                let text = "MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS QUIT: RFC 5321";
                self.idle(Reply::new(214, (0, 0), text))?
            }
        };
        self.answer(&reply).map(|()| false)
    }

    /// Counts a command that brings no message forward.
    fn idle(&mut self, reply: Reply) -> Result<Reply, End> {
        self.idle += 1;
        if self.idle > self.shared.config.limits.idle_commands {
            let text = "too many commands and no message; closing";
            return Err(End::Told(Reply::new(421, (7, 0), text)));
        }
        Ok(reply)
    }

    fn hello(&mut self, kind: Hello, host: String) -> Result<Reply, End> {
        let spoken = match kind {
            Hello::Ehlo | Hello::Helo => Mode::Smtp,
            Hello::Lhlo => Mode::Lmtp,
        };
        if spoken != self.session.mode {
            return Ok(Reply::new(
                500,
                (5, 1),
                match self.session.mode {
                    Mode::Smtp => "this is SMTP: say EHLO",
                    Mode::Lmtp => "this is LMTP: say LHLO",
                },
            ));
        }
        self.transaction = None;
        self.session.hello = Some(host);
        self.hello = Some(kind);
        let name = self.shared.config.hostname.clone();
        if kind == Hello::Helo {
            return self.idle(Reply::plain(250, name.into()));
        }
        self.wire.line_of_reply(&Reply::plain(250, name.into()));
        let size = format!("SIZE {}", self.shared.config.limits.message);
        self.wire.line_of_reply(&Reply::plain(250, size.into()));
        if self.shared.acceptor.is_some() && self.session.encryption.is_none() {
            self.wire
                .line_of_reply(&Reply::plain(250, "STARTTLS".into()));
        }
        for extension in ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"] {
            self.wire
                .line_of_reply(&Reply::plain(250, extension.into()));
        }
        self.idle(Reply::plain(250, "ENHANCEDSTATUSCODES".into()))
    }

    fn mail(&mut self, mail: Mail) -> Reply {
        let config = &self.shared.config;
        let Some(hello) = self.hello else {
            return out_of_order("say hello first: EHLO, or LHLO in LMTP");
        };
        if config.require_tls && self.session.encryption.is_none() {
            return Reply::new(
                530,
                (7, 0),
                "mail is taken over TLS only: say STARTTLS first",
            );
        }
        if !config.direct && !self.session.trusted_relay {
            return Reply::new(550, (7, 1), "mail is taken from the configured relays only");
        }
        if self.transaction.is_some() {
            return out_of_order("a message is under way already; RSET forgets it");
        }
        if hello == Hello::Helo && mail.extended {
            return Reply::new(555, (5, 4), "parameters need EHLO");
        }
        if mail.size.is_some_and(|size| size > config.limits.message) {
            return too_large();
        }
        if !self.place.message() {
            let text = "more mail from there in a minute than is taken; try again later";
            return Reply::new(451, (7, 1), text);
        }
        self.transaction = Some(Transaction {
            mail,
            recipients: Vec::new(),
            deadline: Instant::now() + config.timeouts.transaction,
            intake: None,
        });
        Reply::new(250, (1, 0), "sender noted")
    }

    async fn rcpt(&mut self, recipient: Recipient) -> Result<(), End> {
        let taken = match &self.transaction {
            None => return self.answer(&out_of_order("say MAIL first")),
            Some(transaction) if transaction.intake.is_some() => {
                return self.answer(&out_of_order("the message has begun already"));
            }
            Some(transaction) => transaction.recipients.len(),
        };
        if taken >= self.shared.config.limits.recipients {
            let text = "too many recipients; send the others with another message";
            return self.answer(&Reply::new(452, (5, 3), text));
        }
        let handler = Arc::clone(&self.shared.handler);
        let reply = match handler.recipient(&self.session, &recipient.address).await {
            Verdict::Accepted => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.recipients.push(recipient);
                }
                Reply::new(250, (1, 5), "recipient noted")
            }
            Verdict::Unknown => Reply::new(
                550,
                (1, 1),
                "no agency has this address here: look at what stands before the @",
            ),
            Verdict::Later => Reply::later("cannot say now; try again later"),
            Verdict::Refused(reply) => reply.refusing(),
        };
        self.wire.reply(&reply);
        if reply.code() < 500 {
            Ok(())
        } else {
            self.blame()
        }
    }

    /// The envelope, as far as it stands; with it a message begins.
    pub(crate) fn envelope(&self, transaction: &Transaction) -> Envelope {
        let clock = &self.shared.config.clock;
        let mail = &transaction.mail;
        Envelope {
            id: Id::new(clock),
            at: clock.now(),
            session: self.session.clone(),
            sender: mail.sender.clone(),
            size: mail.size,
            body: mail.body,
            utf8: mail.utf8,
            ret: mail.ret,
            envelope_id: mail.envelope_id.clone(),
            recipients: transaction.recipients.clone(),
        }
    }

    /// RFC 3207: nothing may come between the command and the handshake (what did was sent in
    /// clear, by anybody), and all that was said before is forgotten.
    async fn start_tls(&mut self) -> Result<bool, End> {
        let refusal = if self.shared.acceptor.is_none() {
            Reply::new(502, (5, 1), "TLS is not offered here")
        } else if self.session.encryption.is_some() {
            out_of_order("this is TLS already")
        } else if self.hello.is_none() {
            out_of_order("say hello first: EHLO, or LHLO in LMTP")
        } else if self.wire.input.is_empty() {
            self.wire.reply(&Reply::new(220, (0, 0), "begin TLS"));
            self.wire.flush().await?;
            return Ok(true);
        } else {
            let text = "nothing may follow STARTTLS before the handshake; closing";
            return Err(End::Told(Reply::new(421, (7, 0), text)));
        };
        self.answer(&refusal).map(|()| false)
    }
}
