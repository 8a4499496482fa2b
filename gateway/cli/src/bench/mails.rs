//! An officer's mails, signed and encrypted as they come from outside, and how they are handed over.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};
use gateway_cms::{Form, KeyPair, Profile, Recipient};
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::demo::NominalState;
use crate::files;

/// For whom.
const TO: &str = "london-probation@gateway.example";

/// Who writes, to whom the gateway is known, and about whom.
pub struct Officer {
    address: String,
    pair: KeyPair,
    gateway: Recipient,
    pnc: String,
    born: String,
}

impl Officer {
    /// One who signs with a certificate of their own, and encrypts to the gateway's.
    pub fn new(
        address: &str,
        (certificate, key): (&Path, &Path),
        gateway: &Path,
        about: &NominalState,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            address: address.to_owned(),
            pair: KeyPair::from_pem(&files::read(certificate)?, &files::read(key)?)?,
            gateway: Recipient::from_bytes(&files::read(gateway)?)?,
            pnc: about.pnc_id.clone().context("no PNC ID")?,
            born: about.date_of_birth.clone(),
        })
    }

    /// A mail of at least so many bytes of text, none like another, as it goes over the wire.
    pub fn mail(&self, bytes: usize, at: Timestamp) -> anyhow::Result<Vec<u8>> {
        let unique: u128 = rand::random();
        let mut text = format!(
            "Content-Type: text/plain\r\n\r\nTo: london-probation\r\nNominal: PNC {}; DOB {}\r\n\
             Purpose: MANAGE\r\nNecessity: bench {unique:x}\r\nBasis: CJA 2003 s.325\r\nCategory: RISK\r\n\r\n{unique:x}\r\n",
            self.pnc, self.born
        );
        while text.len() < bytes {
            text.push_str("Seen near the school gate at noon, and again at three o'clock.\r\n");
        }
        let signed = part(
            "signed-data",
            &gateway_cms::sign(text.as_bytes(), Form::Opaque, &self.pair, at)?,
        );
        let mut der = Vec::new();
        gateway_cms::encrypt(
            signed.as_bytes(),
            std::slice::from_ref(&self.gateway),
            Profile::MODERN,
            &mut der,
        )?;
        let sealed = part("authEnveloped-data", &der);
        let head = format!(
            "From: {}\r\nTo: {TO}\r\nSubject: Bench\r\nMessage-ID: <{unique:x}@bench.example>\r\nMIME-Version: 1.0\r\n",
            self.address
        );
        Ok(format!("{head}{sealed}").into_bytes())
    }
}

fn part(kind: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    let mut out = format!(
        "Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in text.as_bytes().chunks(76) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push_str("\r\n");
    }
    out
}

/// What follows a mail's head.
pub fn body_of(mail: &[u8]) -> &[u8] {
    let end = mail.windows(4).position(|at| at == b"\r\n\r\n");
    end.map_or(mail, |end| mail.get(end + 4..).unwrap_or_default())
}

/// Hands a mail over, on a connection of its own, as Postfix's `smtp-source` and a sender with one
/// mail to send do it: returns after its 250.
pub async fn hand_over(to: SocketAddr, from: &str, mail: &[u8]) -> anyhow::Result<()> {
    let mut client = Client::greeted(to).await?;
    client.say(&format!("MAIL FROM:<{from}>\r\n"), 250).await?;
    client.say(&format!("RCPT TO:<{TO}>\r\n"), 250).await?;
    client.say("DATA\r\n", 354).await?;
    client.0.get_mut().write_all(mail).await?;
    client.say(".\r\n", 250).await?;
    client.say("QUIT\r\n", 221).await
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn greeted(by: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(by).await?;
        stream.set_nodelay(true)?;
        let mut client = Self(BufReader::new(stream));
        client.expect(220).await?;
        client.say("EHLO bench.example\r\n", 250).await?;
        Ok(client)
    }

    async fn say(&mut self, line: &str, code: u16) -> anyhow::Result<()> {
        self.0.get_mut().write_all(line.as_bytes()).await?;
        self.expect(code).await
    }

    async fn expect(&mut self, code: u16) -> anyhow::Result<()> {
        loop {
            let mut line = String::new();
            ensure!(self.0.read_line(&mut line).await? > 0, "the server hung up");
            ensure!(
                line.starts_with(&code.to_string()),
                "the server said: {line}"
            );
            if line.get(3..4) == Some(" ") {
                return Ok(());
            }
        }
    }
}
