//! Clients that are not ours: Python's smtplib, curl, OpenSSL.

use std::process::Stdio;

use gateway_mail::Mode;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::Gateway;
use crate::tls::Identity;

/// Runs a client to its end; its output, which must be of a success.
async fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|_| panic!("these tests need `{program}`: install it"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}{errors}");
    text
}

async fn python(gateway: &Gateway, ca: &str, script: &str) {
    let port = gateway.address.port().to_string();
    let script =
        format!("import smtplib, ssl, sys\nport, ca = int(sys.argv[1]), sys.argv[2]\n{script}");
    run("python3", &["-c", &script, &port, ca], "").await;
}

fn ca_file(identity: &Identity) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &identity.pem).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pythons_smtplib_sends_over_starttls() {
    let identity = Identity::new();
    let ca = ca_file(&identity);
    let gateway = identity.start(|config| config.require_tls = true).await;
    let script = r#"
s = smtplib.SMTP("localhost", port, "client.example")
s.starttls(context=ssl.create_default_context(cafile=ca))
to = ["housing@gateway.example", "nobody@elsewhere.example"]
refused = s.sendmail("officer@police.example", to, "Subject: a\n\n.dot\n..two\n")
assert list(refused) == ["nobody@elsewhere.example"], refused
assert refused["nobody@elsewhere.example"][0] == 550
s.quit()
"#;
    python(&gateway, ca.path().to_str().unwrap(), script).await;
    let (envelope, text) = gateway.keeper.only();
    assert_eq!(text, b"Subject: a\r\n\r\n.dot\r\n..two\r\n");
    assert!(envelope.session.encryption.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pythons_smtplib_sends_other_scripts_and_all_the_options() {
    let gateway = Gateway::start(|config| config.limits.message = 1_000_000).await;
    let script = r#"
from email.message import EmailMessage
m = EmailMessage()
m["From"], m["To"], m["Subject"] = "jürgen@police.example", "straße@gateway.example", "größe"
m.set_content("é" * 2000)
s = smtplib.SMTP("127.0.0.1", port, "client.example")
s.ehlo()
assert s.esmtp_features["size"] == "1000000", s.esmtp_features
s.send_message(m, rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
try:
    s.sendmail("a@b.example", ["housing@gateway.example"], "x" * 1000001)
    raise SystemExit("taken")
except smtplib.SMTPSenderRefused as refused:
    assert refused.smtp_code == 552, refused
s.quit()
"#;
    python(&gateway, "", script).await;
    let (envelope, text) = gateway.keeper.only();
    assert!(envelope.utf8);
    assert_eq!(
        envelope.recipients[0].address.as_str(),
        "straße@gateway.example"
    );
    assert!(String::from_utf8(text).unwrap().contains("Subject: größe"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pythons_smtplib_speaks_lmtp() {
    let gateway = Gateway::lmtp().await;
    let script = r#"
s = smtplib.LMTP("127.0.0.1", port, "client.example")
assert s.sendmail("a@b.example", ["housing@gateway.example"], "Subject: a\n\nb\n") == {}
s.quit()
"#;
    python(&gateway, "", script).await;
    let (envelope, text) = gateway.keeper.only();
    assert_eq!(envelope.session.mode, Mode::Lmtp);
    assert_eq!(text, b"Subject: a\r\n\r\nb\r\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_sends_over_starttls_and_hears_a_refusal() {
    let identity = Identity::new();
    let ca = ca_file(&identity);
    let gateway = identity.start(|_| ()).await;
    let url = format!("smtp://localhost:{}/client.example", gateway.address.port());
    let arguments = [
        "-sS",
        "--ssl-reqd",
        "--cacert",
        ca.path().to_str().unwrap(),
        "--mail-from",
        "officer@police.example",
        "--mail-rcpt",
        "housing@gateway.example",
        "--upload-file",
        "-",
        &url,
    ];
    run("curl", &arguments, "Subject: a\r\n\r\n.\r\n.b\r\n").await;
    let (envelope, text) = gateway.keeper.only();
    assert_eq!(text, b"Subject: a\r\n\r\n.\r\n.b\r\n");
    assert!(envelope.session.encryption.is_some());
    let arguments = arguments.map(|of| match of {
        "housing@gateway.example" => "nobody@elsewhere.example",
        of => of,
    });
    let refused = Command::new("curl")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await;
    let said = String::from_utf8(refused.unwrap().stderr).unwrap();
    assert!(said.contains("550"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_talks_over_starttls_in_both_protocols() {
    for (mode, protocol, hello) in [(Mode::Smtp, "smtp", "EHLO"), (Mode::Lmtp, "lmtp", "LHLO")] {
        for version in ["-tls1_2", "-tls1_3"] {
            let identity = Identity::new();
            let ca = ca_file(&identity);
            let gateway = identity.start(|config| config.mode = mode).await;
            let address = gateway.address.to_string();
            let arguments = [
                "s_client",
                "-connect",
                &address,
                "-starttls",
                protocol,
                version,
                "-CAfile",
                ca.path().to_str().unwrap(),
                "-verify_return_error",
                "-crlf",
                "-quiet",
            ];
            let said = format!(
                "{hello} client.example\nMAIL FROM:<a@b.example>\n\
                 RCPT TO:<housing@gateway.example>\nDATA\nSubject: a\n\nb\n.\nQUIT\n"
            );
            let answer = run("openssl", &arguments, &said).await;
            assert!(answer.contains("recorded"), "{answer}");
            let (envelope, text) = gateway.keeper.only();
            assert_eq!(text, b"Subject: a\r\n\r\nb\r\n");
            assert!(envelope.session.encryption.is_some());
        }
    }
}
