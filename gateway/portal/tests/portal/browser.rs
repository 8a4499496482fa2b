//! A browser of sorts: it keeps cookies, sends forms with their token, and follows nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, Method, Request};
use gateway_http::PeerAddress;
use gateway_portal::Pages;
use jiff::Timestamp;
use tower::ServiceExt as _;

/// Everybody's password.
pub const PASSWORD: &str = "kettle-orbit-mango";
/// Everybody's secret for one-time codes: that of RFC 6238's test vectors.
pub const SECRET_BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const SECRET: &[u8] = b"12345678901234567890";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Clone)]
pub struct Browser {
    pages: Pages,
    jar: BTreeMap<String, String>,
    /// What goes with the session's cookie in a form.
    token: String,
    /// What it calls itself.
    pub agent: String,
    /// Where it is.
    pub address: IpAddr,
}

impl Browser {
    /// With no cookie.
    pub fn new(pages: &Pages) -> Self {
        Self {
            pages: pages.clone(),
            jar: BTreeMap::new(),
            token: "none".to_owned(),
            agent: "Mozilla/5.0 Firefox/140.0".to_owned(),
            address: [192, 0, 2, 7].into(),
        }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, String::new()).await
    }

    /// Sends a form, with the token that goes with its cookie.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        let body = format!("token={}&{form}", self.token);
        self.ask(Method::POST, path, body).await
    }

    /// Signs in on the page for it, and learns the token that goes with the session's cookie.
    pub async fn sign_in(&mut self, email: &str, now: Timestamp) -> Answer {
        let token = token_in(&self.get("/sign-in").await);
        let form = format!(
            "token={token}&email={email}&password={PASSWORD}&code={}",
            code(now)
        );
        let answer = self.ask(Method::POST, "/sign-in", form).await;
        assert_eq!(answer.status, 303, "{email}: {}", answer.text());
        self.token = token_in(&self.get("/may-i-share").await);
        answer
    }

    /// Has a cookie that nobody gave it.
    pub fn put(&mut self, name: &str, value: &str) {
        self.jar.insert(name.to_owned(), value.to_owned());
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Answer {
        let mut cookies = String::new();
        for (name, value) in &self.jar {
            write!(cookies, "{name}={value}; ").unwrap();
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header("x-form-token", &self.token)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookies)
            .header(USER_AGENT, &self.agent)
            .extension(PeerAddress((self.address, 50_000).into()))
            .body(Body::from(body))
            .unwrap();
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(SET_COOKIE) {
            self.keep(set.to_str().unwrap());
        }
        let location = parts.headers.get(LOCATION);
        Answer {
            status: parts.status.as_u16(),
            location: location.map_or("", |to| to.to_str().unwrap()).to_owned(),
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    fn keep(&mut self, set: &str) {
        let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
        match value.is_empty() {
            true => self.jar.remove(name),
            false => self.jar.insert(name.to_owned(), value.to_owned()),
        };
    }
}

/// The token in the first form of a page.
fn token_in(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The one-time code of a time (RFC 6238).
fn code(at: Timestamp) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET);
    let mac = hmac::sign(&key, &(at.as_second() / 30).to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}
