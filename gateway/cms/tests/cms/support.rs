//! A small public key infrastructure and mails, all made by the `openssl` command line.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use gateway_cms::{KeyPair, Limits, Recipient, Trust, Verified, VerifyError, verify};
use jiff::Timestamp;
use tempfile::TempDir;

/// What the certificates hold, by name: the openssl extensions section and the key's kind.
const PEOPLE: [(&str, &str, &str, &str); 9] = [
    ("officer-rsa", "rsa", "person", "issuing"),
    ("officer-ec", "ec", "person", "issuing"),
    ("gateway-rsa", "rsa", "person", "issuing"),
    ("gateway-ec", "ec", "person", "issuing"),
    ("revoked", "ec", "person", "issuing"),
    ("server", "ec", "server", "issuing"),
    ("agreement", "ec", "agreement", "issuing"),
    ("stranger-ca", "ec", "ca", "self"),
    ("stranger", "ec", "person", "stranger-ca"),
];

const CONFIG: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
CN = nobody
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[person]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation,keyEncipherment,keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:$ENV::WHO@agency.example
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = email:$ENV::WHO@agency.example
[agreement]
basicConstraints = CA:FALSE
keyUsage = critical,keyAgreement
subjectAltName = email:$ENV::WHO@agency.example
[hidden]
2.5.29.17 = DER:30:08:81:06:61:40:62:00:2e:63
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = emailProtection
[authority]
database = $ENV::DIR/index
default_md = sha256
default_crl_days = 30
";

pub const MAIL: &[u8] =
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nTo: gateway\r\nA word for two agencies.\r\n";

/// A folder with a root, an issuing authority and people of all sorts.
pub struct Pki {
    folder: TempDir,
}

/// The one folder of this test program.
pub fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(Pki::copied)
}

/// Now, as the `openssl` command line sees it.
#[expect(
    clippy::disallowed_methods,
    reason = "`openssl` dates what it makes by the machine's clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn days(from: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_second(from.as_second() + days * 86_400).unwrap()
}

impl Pki {
    /// A copy of the day's folder, which the first test of the day makes: RSA keys take long.
    fn copied() -> Self {
        let day = now().as_second() / 86_400;
        let mut made_by = DefaultHasher::new();
        include_str!("support.rs").hash(&mut made_by);
        let name = format!("cms-{day}-{:x}", made_by.finish());
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if !made.exists() {
            let fresh = Self::make();
            // Another test may have been faster; then its folder serves as well.
            let _ = fs::rename(fresh.folder.path(), &made);
        }
        let pki = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for entry in fs::read_dir(made).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), pki.folder.path().join(entry.file_name())).unwrap();
        }
        pki
    }

    fn make() -> Self {
        let pki = Self {
            folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
        };
        fs::write(pki.path("config"), CONFIG).unwrap();
        fs::write(pki.path("index"), "").unwrap();
        pki.key("root", "ec");
        pki.certify("root", "ca", "self", &["-days", "3650"]);
        pki.key("issuing", "ec");
        pki.certify("issuing", "ca", "root", &["-days", "3650"]);
        for (who, kind, section, issuer) in PEOPLE {
            pki.key(who, kind);
            pki.certify(who, section, issuer, &["-days", "365"]);
        }
        pki.key("weak", "rsa-1024");
        pki.certify("weak", "person", "issuing", &["-days", "365"]);
        pki.key("lone", "ec");
        pki.certify("lone", "person", "self", &["-days", "365"]);
        pki.authority("issuing", &["-revoke", "revoked.pem"]);
        pki.authority("issuing", &["-gencrl", "-out", "issuing.crl"]);
        fs::write(pki.path("index"), "").unwrap();
        pki.authority("root", &["-gencrl", "-out", "root.crl"]);
        let chained = [pki.read("gateway-ec.pem"), pki.read("issuing.pem")].concat();
        fs::write(pki.path("gateway-ec-chain.pem"), chained).unwrap();
        let both = [pki.read("root.pem"), pki.read("issuing.pem")].concat();
        fs::write(pki.path("authorities.pem"), both).unwrap();
        pki
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// Runs `openssl` in the folder, which must succeed, and answers what it wrote.
    pub fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let (good, output, error) = self.try_openssl(arguments);
        assert!(good, "openssl {arguments:?}: {error}");
        output
    }

    pub fn try_openssl(&self, arguments: &[&str]) -> (bool, Vec<u8>, String) {
        self.run_as("nobody", arguments)
    }

    fn run_as(&self, who: &str, arguments: &[&str]) -> (bool, Vec<u8>, String) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("WHO", who)
            .env("DIR", self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), output.stdout, error)
    }

    fn key(&self, who: &str, kind: &str) {
        let out = format!("{who}.key");
        let option = match kind {
            "rsa" => ["RSA", "rsa_keygen_bits:3072"],
            "rsa-1024" => ["RSA", "rsa_keygen_bits:1024"],
            _ => ["EC", "ec_paramgen_curve:P-256"],
        };
        let arguments = ["genpkey", "-algorithm", option[0], "-pkeyopt", option[1]];
        self.openssl(&[&arguments[..], &["-out", &out]].concat());
    }

    pub fn certify(&self, who: &str, section: &str, issuer: &str, more: &[&str]) {
        self.certify_as(who, &format!("/CN={who}"), section, issuer, more);
    }

    pub fn certify_as(&self, who: &str, subject: &str, section: &str, issuer: &str, more: &[&str]) {
        let key = format!("{who}.key");
        let [request, out] = [format!("{who}.csr"), format!("{who}.pem")];
        let ask = ["req", "-new", "-config", "config", "-subj", subject];
        let (good, _, error) =
            self.run_as(who, &[&ask[..], &["-key", &key, "-out", &request]].concat());
        assert!(good, "{error}");
        let grant = ["x509", "-req", "-in", &request, "-out", &out, "-sha256"];
        let by = if issuer == "self" {
            vec!["-signkey".to_owned(), key]
        } else {
            vec![
                "-CA".to_owned(),
                format!("{issuer}.pem"),
                "-CAkey".to_owned(),
                format!("{issuer}.key"),
                "-CAcreateserial".to_owned(),
            ]
        };
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let how = ["-extfile", "config", "-extensions", section];
        let (good, _, error) = self.run_as(who, &[&grant[..], &by[..], &how[..], more].concat());
        assert!(good, "{error}");
    }

    pub fn authority(&self, issuer: &str, more: &[&str]) {
        let [cert, key] = [format!("{issuer}.pem"), format!("{issuer}.key")];
        let start = ["ca", "-config", "config", "-name", "authority"];
        self.openssl(&[&start[..], &["-cert", &cert, "-keyfile", &key], more].concat());
    }

    pub fn pair(&self, who: &str) -> KeyPair {
        let [cert, key] = [format!("{who}.pem"), format!("{who}.key")];
        KeyPair::from_pem(&self.read(&cert), &self.read(&key)).unwrap()
    }

    pub fn recipient(&self, who: &str) -> Recipient {
        Recipient::from_bytes(&self.read(&format!("{who}.pem"))).unwrap()
    }

    /// The root, the issuing authority and both lists.
    pub fn trust(&self) -> Trust {
        let [issuing, root] = [self.read("issuing.crl"), self.read("root.crl")];
        self.trust_with(&[&issuing, &root], true)
    }

    pub fn trust_with(&self, lists: &[&[u8]], required: bool) -> Trust {
        let [root, issuing] = [self.read("root.pem"), self.read("issuing.pem")];
        Trust::new(&root, &issuing, lists, required).unwrap()
    }

    /// An opaque signature by each, made by `openssl cms`.
    pub fn signed(&self, content: &[u8], signers: &[&str], more: &[&str]) -> Vec<u8> {
        let input = self.scratch(content);
        let mut arguments = owned(&["cms", "-sign", "-binary", "-outform", "DER", "-in", &input]);
        for who in signers {
            arguments.extend(owned(&["-signer", &format!("{who}.pem")]));
            arguments.extend(owned(&["-inkey", &format!("{who}.key")]));
        }
        arguments.extend(owned(more));
        self.openssl(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A signature by Python's `cryptography`, of late without OpenSSL.
    pub fn signed_by_python(&self, content: &[u8], who: &str, form: &str) -> Vec<u8> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cms/sign.py");
        let output = Command::new("python3")
            .args([script, who, form, &self.scratch(content)])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "python3 {script}: {error}");
        output.stdout
    }

    /// Encrypted to each, made by `openssl cms`; `keyopt` goes with each recipient.
    pub fn encrypted(
        &self,
        content: &[u8],
        to: &[&str],
        more: &[&str],
        keyopt: &[&str],
    ) -> Vec<u8> {
        let input = self.scratch(content);
        let mut arguments = owned(&[
            "cms", "-encrypt", "-binary", "-outform", "DER", "-in", &input,
        ]);
        arguments.extend(owned(more));
        for who in to {
            arguments.extend(owned(&["-recip", &format!("{who}.pem")]));
            for option in keyopt {
                arguments.extend(owned(&["-keyopt", option]));
            }
        }
        self.openssl(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A file of its own, by content, so that tests that run side by side share nothing.
    pub fn scratch(&self, content: &[u8]) -> String {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("scratch-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.write(&name, content);
        name
    }

    pub fn check(&self, message: &[u8], detached: Option<&[u8]>) -> Result<Verified, VerifyError> {
        verify(message, detached, &self.trust(), now(), &Limits::default())
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|a| (*a).to_owned()).collect()
}

/// The signed part and the signature of a `multipart/signed`, split as a mailer would.
pub fn split(mail: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = std::str::from_utf8(mail).unwrap();
    let start = text.find("boundary=\"").unwrap() + "boundary=\"".len();
    let boundary = text[start..].split('"').next().unwrap();
    let line = format!("--{boundary}");
    let parts: Vec<&str> = text.split(&line).collect();
    let inside = |part: &str| {
        let part = part
            .strip_prefix("\r\n")
            .or(part.strip_prefix('\n'))
            .unwrap();
        let part = part.strip_suffix('\n').unwrap();
        part.strip_suffix('\r').unwrap_or(part).to_owned()
    };
    (inside(parts[1]).into_bytes(), inside(parts[2]).into_bytes())
}

pub fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}
