//! The DNS over the network, by `hickory`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr as _;
use std::sync::Arc;

use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig,
};
use mail_auth::hickory_resolver::lookup::Lookup;
use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::net::{DnsError as Failure, NetError};
use mail_auth::hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::hickory_resolver::proto::rr::{RData, RecordType};

use super::dns::{Answer, DnsError, DnsRecord, Dnssec, Tlsa, Unanswered};

/// Asks these servers; the system's where none are given.
pub(super) fn resolver(
    servers: Option<&[SocketAddr]>,
    dnssec: &Dnssec,
) -> Result<TokioResolver, DnsError> {
    let mut builder = match servers {
        None => TokioResolver::builder_tokio().map_err(|_| DnsError::System)?,
        Some(servers) => {
            let servers = servers.iter().map(|server| at(*server)).collect();
            let config = ResolverConfig::from_name_servers(servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.use_hosts_file = ResolveHosts::Never;
    // An answer is proved only if each name that led to it is.
    options.preserve_intermediates = true;
    options.validate = *dnssec != Dnssec::Off;
    if let Dnssec::Keys(keys) = dnssec {
        let keys = TrustAnchors::from_str(keys).map_err(|_| DnsError::Keys)?;
        if keys.is_empty() {
            return Err(DnsError::Keys);
        }
        builder = builder.with_trust_anchor(Arc::new(keys));
    }
    builder.build().map_err(|_| DnsError::System)
}

fn at(server: SocketAddr) -> NameServerConfig {
    let ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let ways = ways.map(|mut way| {
        way.port = server.port();
        way
    });
    NameServerConfig::new(server.ip(), true, ways.into())
}

/// What a question came to.
pub(super) fn answer(found: Result<Lookup, NetError>) -> Result<Answer<DnsRecord>, Unanswered> {
    let found = match found {
        Ok(found) => found,
        Err(error) => return nothing(&error),
    };
    let answers = found.answers();
    let mut proofs = answers
        .iter()
        .filter(|record| record.record_type() != RecordType::RRSIG)
        .map(|record| record.proof);
    Ok(Answer {
        records: answers.iter().filter_map(|one| read(&one.data)).collect(),
        secure: !answers.is_empty() && proofs.all(|proof| proof == Proof::Secure),
    })
}

/// The answer that there is nothing. It is never called proved: nothing rests on it.
fn nothing(error: &NetError) -> Result<Answer<DnsRecord>, Unanswered> {
    let NetError::Dns(failure) = error else {
        return Err(Unanswered);
    };
    let code = if let Failure::NoRecordsFound(none) = failure {
        none.response_code
    } else if let Failure::Nsec {
        response,
        proof: Proof::Insecure | Proof::Secure,
        ..
    } = failure
    {
        response.response_code
    } else {
        return Err(Unanswered);
    };
    if ![ResponseCode::NoError, ResponseCode::NXDomain].contains(&code) {
        return Err(Unanswered);
    }
    Ok(Answer {
        records: Vec::new(),
        secure: false,
    })
}

fn read(data: &RData) -> Option<DnsRecord> {
    if let RData::MX(mx) = data {
        Some(DnsRecord::Mx(mx.preference, mx.exchange.to_ascii()))
    } else if let RData::A(address) = data {
        Some(DnsRecord::Address(IpAddr::V4(address.0)))
    } else if let RData::AAAA(address) = data {
        Some(DnsRecord::Address(IpAddr::V6(address.0)))
    } else if let RData::TXT(text) = data {
        let whole = text.txt_data.concat();
        Some(DnsRecord::Txt(String::from_utf8_lossy(&whole).into_owned()))
    } else if let RData::TLSA(tlsa) = data {
        Some(DnsRecord::Tlsa(Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        }))
    } else {
        None
    }
}
