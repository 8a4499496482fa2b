//! Where a clamd listens.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// What is read and written.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Io for T {}

pub(super) type Connection = Box<dyn Io>;

#[derive(Debug, Clone)]
pub(super) enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// An address of no scanner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of a clamd: write `host:port`, or `unix:` and the path of its socket")]
pub struct BadAddress(String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Self::Unix(PathBuf::from(path))),
                false => Err(bad()),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
        match (host.is_empty(), port.parse::<u16>()) {
            (false, Ok(1..)) => Ok(Self::Tcp(text.to_owned())),
            _ => Err(bad()),
        }
    }
}

impl Address {
    pub(super) async fn connect(&self) -> io::Result<Connection> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_or_a_path() {
        for good in [
            "127.0.0.1:3310",
            "clamd.example:1",
            "[::1]:3310",
            "unix:/run/clamd.ctl",
        ] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "3310",
            ":3310",
            "host:",
            "host:0",
            "host:99999",
            "unix:",
            "unix:clamd.ctl",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
