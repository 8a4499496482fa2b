//! Certificates for a demo or a trial: one authority, a server, a client for each agency, all
//! on P-256. In service they come from the agencies' own authorities.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType, date_time_ymd,
};
use sha2::{Digest as _, Sha256};

use crate::files;

/// A certificate and its key, in files.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM (PKCS#8).
    pub key: PathBuf,
    /// SHA-256 of the certificate's DER form, lower-case hexadecimal.
    pub fingerprint: String,
}

/// An authority and the folder in which it writes.
pub struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority, and writes `ca.pem` and `ca.key`.
    pub fn create(folder: &Path, name: &str) -> anyhow::Result<Self> {
        files::folder(folder)?;
        let mut params = params(name, Vec::new());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().context("an authority's key")?;
        files::write(&folder.join("ca.key"), key.serialize_pem().as_bytes())?;
        let issuer = CertifiedIssuer::self_signed(params, key).context("an authority")?;
        files::write(&folder.join("ca.pem"), issuer.pem().as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            issuer,
        })
    }

    /// The certificate of the authority, PEM.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A server's certificate for this machine's loopback names.
    pub fn server(&self) -> anyhow::Result<Pair> {
        let names = vec![
            SanType::DnsName("localhost".try_into().context("a name")?),
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        let mut params = params("localhost", names);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue("server", params)
    }

    /// A client's certificate for an agency's system.
    pub fn client(&self, agency: &str) -> anyhow::Result<Pair> {
        let mut params = params(agency, Vec::new());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(agency, params)
    }

    /// A certificate for mail to and from these addresses: one key signs and opens (RFC 8550).
    pub fn mail(&self, name: &str, addresses: &[String], rsa: bool) -> anyhow::Result<Pair> {
        let mut names = Vec::new();
        for address in addresses {
            names.push(SanType::Rfc822Name(
                address.as_str().try_into().context("an address")?,
            ));
        }
        let mut params = params(name, names);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
        let (key, usage) = match rsa {
            true => (
                KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
                KeyUsagePurpose::KeyEncipherment,
            ),
            false => (KeyPair::generate(), KeyUsagePurpose::KeyAgreement),
        };
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, usage];
        self.sign(&format!("{name}.smime"), params, &key.context("a key")?)
    }

    fn issue(&self, name: &str, mut params: CertificateParams) -> anyhow::Result<Pair> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().context("a key")?;
        self.sign(name, params, &key)
    }

    fn sign(
        &self,
        name: &str,
        mut params: CertificateParams,
        key: &KeyPair,
    ) -> anyhow::Result<Pair> {
        params.use_authority_key_identifier_extension = true;
        let certificate = params
            .signed_by(key, &self.issuer)
            .context("a certificate")?;
        let pair = Pair {
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key")),
            fingerprint: hex::encode(Sha256::digest(certificate.der())),
        };
        files::write(&pair.key, key.serialize_pem().as_bytes())?;
        files::write(&pair.certificate, certificate.pem().as_bytes())?;
        Ok(pair)
    }
}

fn params(name: &str, names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names;
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_takes_what_the_authority_issues() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create(folder.path(), "A test's authority").unwrap();
        let server = authority.server().unwrap();
        let client = authority.client("met-police").unwrap();
        let read = |path: &Path| std::fs::read(path).unwrap();
        let config = gateway_http::server_config(
            &read(&server.certificate),
            &read(&server.key),
            Some(&read(&authority.certificate())),
        );
        assert!(config.is_ok());
        assert_eq!(client.fingerprint.len(), 64);
        assert_ne!(client.fingerprint, server.fingerprint);
    }
}
