//! A real Postfix as the relay: a private instance in a folder of its own, started by root.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use gateway_mail::{RelayTls, Route, Sent, Why};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::sending::{config, letter, taken};
use crate::support::Gateway;

const SERVICES: &str = "
127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// How often a thing is waited for, and how long each time: enough for a slow machine, and an
/// end that still stops Postfix.
const WAITS: u32 = 600;
const WAIT: Duration = Duration::from_millis(50);

fn unreachable() -> Sent {
    Sent::Later {
        status: None,
        why: Why::Unreachable,
    }
}

struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// One that hands all that it takes to the port `next`.
    fn start(next: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["conf", "queue", "data"] {
            fs::create_dir(at(name)).unwrap();
        }
        let postfix = id("postfix");
        chown(at("data"), Some(postfix), None).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        certificate(folder.path());
        let access =
            "inline:{{later@x.example = 451 4.3.9 come again}, {no@x.example = 550 5.7.9 no}}";
        let settings = [
            ("compatibility_level", "3.6".to_owned()),
            ("queue_directory", at("queue").display().to_string()),
            ("data_directory", at("data").display().to_string()),
            ("maillog_file", at("log").display().to_string()),
            ("maillog_file_prefixes", folder.path().display().to_string()),
            ("myhostname", "localhost".to_owned()),
            ("mydestination", String::new()),
            ("inet_interfaces", "127.0.0.1".to_owned()),
            ("inet_protocols", "ipv4".to_owned()),
            ("default_transport", format!("smtp:[127.0.0.1]:{next}")),
            ("smtp_dns_support_level", "disabled".to_owned()),
            ("smtp_host_lookup", "native".to_owned()),
            (
                "smtpd_relay_restrictions",
                "permit_mynetworks, reject".to_owned(),
            ),
            (
                "smtpd_recipient_restrictions",
                format!("check_recipient_access {access}, permit"),
            ),
            ("smtpd_tls_security_level", "encrypt".to_owned()),
            ("smtpd_tls_cert_file", at("pem").display().to_string()),
            ("smtpd_tls_key_file", at("key").display().to_string()),
        ];
        let lines: Vec<String> = settings
            .iter()
            .map(|(k, v)| format!("{k} = {v}\n"))
            .collect();
        fs::write(at("conf/main.cf"), lines.concat()).unwrap();
        let services = SERVICES.replace("PORT", &port.to_string());
        fs::write(at("conf/master.cf"), services).unwrap();
        drop(free);
        let started = Self { folder, port };
        let output = started.control("start");
        assert!(
            output.status.success(),
            "these tests need Postfix, and root to start it: {output:?}"
        );
        started
    }

    fn control(&self, what: &str) -> Output {
        let conf = self.folder.path().join("conf");
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(conf).arg(what).output().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn roots(&self) -> RelayTls {
        RelayTls::Required(Some(fs::read(self.folder.path().join("pem")).unwrap()))
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn id(user: &str) -> u32 {
    let output = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn certificate(folder: &Path) {
    let at = |name: &str| folder.join(name).display().to_string();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &at("key"), "-out", &at("pem")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_postfix_takes_defers_refuses_and_hands_on_what_it_took() {
    let gateway = Gateway::start(|_| ()).await;
    let postfix = Postfix::start(gateway.address.port());
    let route = Route::relay(config(postfix.port, postfix.roots())).unwrap();
    let mut good = letter("0193-abc", &["housing@gateway.example"]);
    good.bytes = b"From: gateway@gateway.example\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <a@gateway.example>\r\n\r\n.\r\n..two\r\n\r\nlast\r\n".to_vec();
    // Postfix binds its port a moment after it says that it is started.
    let mut sent = route.send(&good).await;
    for _ in 0..WAITS {
        if sent == unreachable() {
            sleep(WAIT).await;
            sent = route.send(&good).await;
        }
    }
    assert!(taken(&sent), "{sent:?} {}", postfix.log());
    let again = route.send(&good).await;
    assert!(taken(&again), "{again:?} over the same connection");
    let deferred = route.send(&letter("two", &["later@x.example"])).await;
    let status = Some("4.3.9".to_owned());
    assert_eq!(
        deferred,
        Sent::Later {
            status,
            why: Why::Deferred
        }
    );
    let status = Some("5.7.9".to_owned());
    assert_eq!(
        route.send(&letter("three", &["no@x.example"])).await,
        Sent::Refused { status }
    );

    for _ in 0..WAITS {
        if gateway.keeper.count() < 2 {
            sleep(WAIT).await;
        }
    }
    assert_eq!(gateway.keeper.count(), 2, "{}", postfix.log());
    for (envelope, text) in gateway.keeper.kept.lock().unwrap().iter() {
        assert!(
            text.ends_with(&good.bytes),
            "octet for octet below Postfix's own field"
        );
        assert_eq!(envelope.envelope_id.as_ref().unwrap().as_str(), "0193-abc");
    }

    let stranger = crate::tls::Identity::new().pem.into_bytes();
    let route = Route::relay(config(postfix.port, RelayTls::Required(Some(stranger)))).unwrap();
    let sent = route.send(&good).await;
    assert_eq!(
        sent,
        Sent::Later {
            status: None,
            why: Why::NotSecure
        }
    );
    let route = Route::relay(config(postfix.port, RelayTls::None)).unwrap();
    let status = Some("5.7.0".to_owned());
    assert_eq!(
        route.send(&good).await,
        Sent::Refused { status },
        "Postfix wants TLS"
    );
}
