//! What a listener is told: who it is, what it takes, and how much of it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::Clock;
use rustls::ServerConfig;

use crate::envelope::Mode;
use crate::network::Network;

/// The configuration of one listener.
#[derive(Clone)]
pub struct Config {
    /// The protocol.
    pub mode: Mode,
    /// The gateway's name, said in the greeting.
    pub hostname: String,
    /// What STARTTLS is answered with; none where it is not offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// Whether mail is taken only over TLS.
    pub require_tls: bool,
    /// The relays that may bring others' mail, by their addresses. They have no allowance a
    /// source: they speak for everybody.
    pub relays: Vec<Network>,
    /// Whether others than the relays may bring mail at all.
    pub direct: bool,
    /// Whether 8-bit octets are taken where `BODY=8BITMIME` was not said. They are common.
    pub unannounced_8bit: bool,
    /// How much of what.
    pub limits: Limits,
    /// How long for what.
    pub timeouts: Timeouts,
    /// The time in envelopes and ids.
    pub clock: Clock,
}

impl Config {
    /// ESMTP as `hostname`, in clear, for anybody, with the default limits and timeouts.
    pub fn new(hostname: impl Into<String>, clock: Clock) -> Self {
        Self {
            mode: Mode::Smtp,
            hostname: hostname.into(),
            tls: None,
            require_tls: false,
            relays: Vec::new(),
            direct: true,
            unannounced_8bit: true,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            clock,
        }
    }

    /// Whether `address` is one of the trusted relays.
    pub fn is_relay(&self, address: IpAddr) -> bool {
        self.relays.iter().any(|network| network.contains(address))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("mode", &self.mode)
            .field("hostname", &self.hostname)
            .field("tls", &self.tls.is_some())
            .field("require_tls", &self.require_tls)
            .field("relays", &self.relays)
            .field("direct", &self.direct)
            .field("limits", &self.limits)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// How much a listener takes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Octets of a message, announced as SIZE.
    pub message: u64,
    /// Recipients of a message; RFC 5321 section 4.5.3.1.8 asks for at least 100.
    pub recipients: usize,
    /// Octets of a command line, its CRLF included; RFC 5321 section 4.5.3.1.4 asks for 512,
    /// the extensions for about 1,500 more.
    pub command_line: usize,
    /// Octets of a line of a message, its CRLF included; RFC 5321 section 4.5.3.1.6 has 1,000.
    pub message_line: usize,
    /// Connections at the same time; more are told to come again.
    pub connections: usize,
    /// Connections at the same time of one source: an IPv4 address or an IPv6 /64.
    pub connections_per_source: usize,
    /// Messages of one source in a minute.
    pub messages_per_minute: u32,
    /// Octets of messages of one source in a minute; the message that passes it is still
    /// taken, the next is told to come again.
    pub bytes_per_minute: u64,
    /// Refused lines, recipients and messages of one connection before it is closed; of a
    /// trusted relay only the lines count, since its last message.
    pub errors: u32,
    /// Commands of one connection that bring no message forward, since its last message.
    pub idle_commands: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 50 * 1024 * 1024,
            recipients: 100,
            command_line: 2048,
            message_line: 64 * 1024,
            connections: 512,
            connections_per_source: 32,
            messages_per_minute: 600,
            bytes_per_minute: 512 * 1024 * 1024,
            errors: 20,
            idle_commands: 100,
        }
    }
}

/// How long a listener waits.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the next whole command line, and for the client to take a reply (RFC 5321 section
    /// 4.5.3.2.7: at least five minutes).
    pub command: Duration,
    /// For the next octets of a message (section 4.5.3.2.5: three minutes).
    pub block: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From MAIL to the last octet of the message.
    pub transaction: Duration,
    /// Octets a second that a sender must keep up, over the time spent waiting for it and
    /// after `grace`; 0 asks for none.
    pub slowest: u32,
    /// What a sender may waste of each message's time before `slowest` counts.
    pub grace: Duration,
    /// For what is under way to end, once the listener is told to stop.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command: Duration::from_mins(5),
            block: Duration::from_mins(3),
            handshake: Duration::from_secs(30),
            transaction: Duration::from_mins(30),
            slowest: 1024,
            grace: Duration::from_mins(1),
            drain: Duration::from_secs(30),
        }
    }
}
