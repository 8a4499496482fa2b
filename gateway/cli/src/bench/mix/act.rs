//! What is done to the installation, one at a time, and what was answered.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use gateway_core::Clock;
use gateway_flow::sign_in::code_at;
use gateway_forms::{Definition, Library};
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::super::annex_f;
use super::super::mails::{self, Officer};
use super::house::House;

/// Bytes of a text, of a mail's text, and of a document.
const TEXT: usize = 2_000;
const MAIL: usize = 4_200;
const DOCUMENT: usize = 100_000;
/// Who sends by API, and to whom.
const SENDERS: [(&str, [&str; 2]); 2] = [
    ("met-police", ["london-probation", "southwark-housing"]),
    ("london-probation", ["met-police", "southwark-housing"]),
];
const OFFICER: &str = "met-police";
const PRISON: &str = "hmp-northgate";
const READER: &str = "southwark-housing";

/// An exchange that was answered.
#[derive(Debug, Clone)]
pub enum Answered {
    /// By API.
    Recorded {
        /// The agency that sent it.
        from: usize,
        /// Whether it is for the housing authority.
        to_reader: bool,
        /// How many agencies may read something of it.
        readers: usize,
        /// The exchange.
        id: String,
        /// Its receipt.
        receipt: String,
    },
    /// By mail, with a 250.
    Mailed,
}

/// All who do something.
pub struct Cast {
    api: String,
    systems: Vec<Client>,
    nominal: Value,
    prison: Client,
    form: Definition,
    form_answers: Value,
    form_nominal: String,
    smtp: SocketAddr,
    officer: Officer,
    address: String,
    clock: Clock,
    housing: Client,
    browser: Client,
    portal: String,
    cookie: String,
}

/// The agencies that send by API, in the order of [`Answered::Recorded::from`]; a prison's forms are last.
pub fn senders() -> impl Iterator<Item = &'static str> {
    SENDERS.into_iter().map(|(id, _)| id).chain([PRISON])
}

impl Cast {
    /// Everybody, ready to begin.
    pub async fn of(house: &House) -> anyhow::Result<Self> {
        let state = &house.state;
        let about = state.nominals.first().context("no nominal")?;
        let held = state
            .nominals
            .iter()
            .find(|one| one.prison_number.is_some());
        let form = Library::embedded()?;
        let form = form.form("annex-f").context("the form")?.clone();
        let police = house.agency(OFFICER)?;
        let pair = police
            .smime_cert
            .as_deref()
            .zip(police.smime_key.as_deref());
        let gateway = state.gateway.as_ref().context("the gateway has no mail")?;
        let pair = pair.context("the police have no certificate")?;
        let officer = Officer::new(&police.email, pair, &gateway.smime_cert, about)?;
        let smtp = state.smtp.as_ref().context("no mail is taken")?;
        let browser = house.client()?.build()?;
        let clock = Clock::system();
        let cookie = sign_in(house, &browser, &clock).await?;
        Ok(Self {
            api: state.api.clone(),
            systems: SENDERS
                .iter()
                .map(|(id, _)| house.system(id))
                .collect::<Result<_, _>>()?,
            nominal: json!({"identifiers": [
                {"kind": "PNC", "value": about.pnc_id.as_deref().context("a PNC ID")?},
                {"kind": "DOB", "value": about.date_of_birth},
            ]}),
            prison: house.system(PRISON)?,
            form_answers: form.example(),
            form,
            form_nominal: held.context("somebody in prison")?.reference.clone(),
            smtp: format!("{}:{}", smtp.host, smtp.port).parse()?,
            officer,
            address: police.email.clone(),
            clock,
            housing: house.system(READER)?,
            browser,
            portal: state.portal.clone(),
            cookie,
        })
    }

    /// A text to one agency, by turns one that secure email reaches and one that has the portal.
    pub async fn post(&self, n: usize) -> anyhow::Result<Answered> {
        let (from, system) = self.sender(n)?;
        let to = Self::recipients(from, n / SENDERS.len() % 2..=n / SENDERS.len() % 2)?;
        let item = json!({"title": "Risk note", "category": "RISK", "text": text(TEXT)});
        let request = system
            .post(self.at("exchanges"))
            .json(&self.exchange(to, &item));
        recorded((from, to.contains(&READER)), request).await
    }

    /// A document to two agencies.
    pub async fn document(&self, n: usize) -> anyhow::Result<Answered> {
        let (from, system) = self.sender(n)?;
        let to = Self::recipients(from, 0..=1)?;
        let item = json!({"title": "report.bin", "category": "RISK", "document": "report"});
        let exchange = Part::text(self.exchange(to, &item).to_string());
        let report = Part::bytes(text(DOCUMENT).into_bytes()).file_name("report.bin");
        let parts = Form::new()
            .part("exchange", exchange.mime_str("application/json")?)
            .part("report", report.mime_str("application/octet-stream")?);
        let request = system.post(self.at("exchanges")).multipart(parts);
        recorded((from, true), request).await
    }

    /// A prison's form to all whom it is for, which waits for its signatures.
    pub async fn form(&self) -> anyhow::Result<Answered> {
        let answers = annex_f::fresh(&self.form, &self.form_answers);
        let given = json!({"nominal": {"ref": self.form_nominal}, "answers": answers});
        let request = self.prison.post(self.at("annex-f")).json(&given);
        recorded((SENDERS.len(), false), request).await
    }

    /// An officer's mail, up to its 250.
    pub async fn mail(&self) -> anyhow::Result<Answered> {
        let mail = self.officer.mail(MAIL, self.clock.now())?;
        mails::hand_over(self.smtp, &self.address, &mail).await?;
        Ok(Answered::Mailed)
    }

    /// What waits for the housing authority, and one of it taken.
    pub async fn inbox(&self) -> anyhow::Result<()> {
        let inbox = self.housing.get(self.at("inbox?limit=20")).send().await?;
        let inbox: Value = inbox.error_for_status()?.json().await?;
        let first = inbox["deliveries"].as_array().and_then(|all| all.first());
        let Some(id) = first.and_then(|one| one["id"].as_str()) else {
            return Ok(());
        };
        let taken = self
            .housing
            .post(self.at(&format!("inbox/{id}/acknowledge")));
        taken.send().await?.error_for_status()?;
        Ok(())
    }

    /// A page: the inbox, what was sent, and that of a message to be written, by turns.
    pub async fn page(&self, n: usize) -> anyhow::Result<()> {
        let path = match n % 3 {
            0 => "/inbox",
            1 => "/sent",
            _ => "/messages/new",
        };
        let request = self.browser.get(format!("{}{path}", self.portal));
        let answer = request.header(COOKIE, &self.cookie).send().await?;
        let status = answer.status();
        ensure!(status == StatusCode::OK, "`{path}` is answered {status}");
        answer.text().await?;
        Ok(())
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.api)
    }

    fn sender(&self, n: usize) -> anyhow::Result<(usize, &Client)> {
        let from = n % SENDERS.len();
        Ok((from, self.systems.get(from).context("no sender")?))
    }

    fn recipients(
        from: usize,
        which: std::ops::RangeInclusive<usize>,
    ) -> anyhow::Result<&'static [&'static str]> {
        let all = SENDERS.get(from).and_then(|(_, to)| to.get(which));
        all.context("no recipient")
    }

    fn exchange(&self, to: &[&str], item: &Value) -> Value {
        json!({
            "nominal": self.nominal, "recipients": to, "purpose": "MANAGE",
            "necessity": "both visit the address this week",
            "bases": ["CJA 2003 s.325", "DPA 2018 Part 3"], "items": [item],
        })
    }
}

/// Words of so many bytes, none like others.
fn text(bytes: usize) -> String {
    let mut text = format!("{:032x} ", rand::random::<u128>());
    while text.len() < bytes {
        text.push_str("Seen near the school gate at noon. ");
    }
    text.truncate(bytes);
    text
}

async fn recorded(
    (from, to_reader): (usize, bool),
    request: RequestBuilder,
) -> anyhow::Result<Answered> {
    let key = format!("{:032x}", rand::random::<u128>());
    let answer = request.header("Idempotency-Key", key).send().await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    ensure!(
        status == StatusCode::CREATED,
        "an exchange is answered {status}: {body}"
    );
    let word = |name: &str| {
        let word = body[name].as_str().map(str::to_owned);
        word.with_context(|| format!("an answer has no `{name}`"))
    };
    Ok(Answered::Recorded {
        from,
        to_reader,
        readers: readers(&body),
        id: word("id")?,
        receipt: word("receipt")?,
    })
}

/// How many agencies something of an exchange is permitted to, by what was decided.
pub fn readers(exchange: &Value) -> usize {
    let cells = exchange["decisions"].as_array().into_iter().flatten();
    let permits = cells.filter(|cell| cell["outcome"] == "permit");
    let readers: BTreeSet<_> = permits
        .filter_map(|cell| cell["recipient"].as_str())
        .collect();
    readers.len()
}

/// Signs the first person of the housing authority in; the cookie of the session.
async fn sign_in(house: &House, browser: &Client, clock: &Clock) -> anyhow::Result<String> {
    let user = house
        .agency(READER)?
        .users
        .first()
        .context("nobody to sign in")?;
    let at = format!("{}/sign-in", house.state.portal);
    let page = browser.get(&at).send().await?.error_for_status()?;
    let cookie = cookies(&page).context("the page sets no cookie")?;
    let page = page.text().await?;
    let token = page
        .split("name=\"token\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let code = code_at(&user.totp_secret, clock.now()).context("a secret that is none")?;
    let filled = reqwest::Url::parse_with_params(
        &at,
        &[
            ("token", token.context("the page has no token")?),
            ("email", &user.email),
            ("password", &user.password),
            ("code", &code),
        ],
    )?;
    let request = browser
        .post(&at)
        .header(COOKIE, cookie)
        .header(ORIGIN, &house.state.portal)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = request
        .body(filled.query().unwrap_or_default().to_owned())
        .send()
        .await?;
    let status = answer.status();
    ensure!(
        status == StatusCode::SEE_OTHER,
        "signing in is answered {status}"
    );
    cookies(&answer).context("signing in sets no cookie")
}

fn cookies(answer: &reqwest::Response) -> Option<String> {
    let set = answer.headers().get_all(SET_COOKIE).iter();
    let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
    let live: Vec<&str> = pairs.filter(|pair| !pair.ends_with('=')).collect();
    (!live.is_empty()).then(|| live.join("; "))
}
