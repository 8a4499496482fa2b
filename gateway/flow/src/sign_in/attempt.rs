//! One attempt to sign in: what was proved, and what comes of it.

use gateway_core::Id;
use gateway_core::event::EventKind;
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, PersonRow, SessionRow, SignInFailureRow};
use jiff::SignedDuration;

use super::{ABSOLUTE, Session, SignInError, totp};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::key::Known;
use crate::recorder::{Done, Draft};

/// So many failures within [`WINDOW`] lock an address out for [`LOCKED`].
const FAILURES: usize = 5;
/// The time within which failures are counted together.
pub(super) const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How long an address is locked out.
const LOCKED: SignedDuration = SignedDuration::from_mins(15);

/// What an attempt has shown.
pub(crate) struct Proof {
    /// The blind index of the address; of a key that is nobody's, that of the key.
    pub(crate) index: String,
    /// Whose it is.
    pub(crate) person: Option<String>,
    /// By what the person is known, where all of it is right.
    pub(crate) factor: Option<Factor>,
}

/// By what somebody is known.
pub(crate) enum Factor {
    /// A password, and the code of this step.
    Code(i64),
    /// A key.
    Key(UsedKey),
    /// A key, by its id, of which there may be two: by this nobody is known.
    Copied(String),
}

/// A key whose answer holds.
pub(crate) struct UsedKey {
    /// Its id.
    pub(crate) id: String,
    /// What it was when its answer was judged.
    pub(crate) before: String,
    /// The same with its new counter.
    pub(crate) after: String,
    /// A password was given first.
    pub(crate) after_password: bool,
}

impl Factor {
    /// Its word in a session and its event.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Code(_) => CODE,
            Self::Key(used) if used.after_password => PASSWORD_AND_KEY,
            Self::Key(_) | Self::Copied(_) => KEY,
        }
    }
}

const CODE: &str = "password-and-code";
const KEY: &str = "key";
const PASSWORD_AND_KEY: &str = "password-and-key";

/// How a session was come by, from its word.
pub(super) fn proof_of(word: &str) -> Option<&'static str> {
    let words = [CODE, KEY, PASSWORD_AND_KEY];
    words.into_iter().find(|known| *known == word)
}

impl Flow {
    /// Tries password and code. As much is computed for an address that is nobody's, but for the
    /// opening of a sealed secret, which is lost in what a hash takes.
    pub(super) async fn attempt(
        &self,
        email: &str,
        password: &str,
        code: &str,
    ) -> Result<Proof, SignInError> {
        let index = self.email_index(email).await?;
        let person = self.by_index(&index).await?;
        let kept = person.as_ref().and_then(|person| person.password.clone());
        let fits = self.desk.fits(password, kept).await?;
        let step = self.step_of(person.as_ref(), code).await?;
        Ok(Proof {
            index,
            person: person.map(|person| person.id),
            factor: step.filter(|_| fits).map(Factor::Code),
        })
    }

    /// Tries the password alone: a key is to answer next. As much is computed for nobody.
    pub(crate) async fn known_by_password(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Known, SignInError> {
        let index = self.email_index(email).await?;
        let person = self.by_index(&index).await?;
        let kept = person.as_ref().and_then(|person| person.password.clone());
        Ok(Known {
            index,
            fits: self.desk.fits(password, kept).await?,
            person: person.map(|person| person.id),
        })
    }

    async fn by_index(&self, index: &str) -> Result<Option<PersonRow>, FlowError> {
        Ok(self.store.read().await?.person_by_email(index).await?)
    }

    /// The step whose code this is for a person; of nobody's, a secret that nobody has is tried.
    async fn step_of(
        &self,
        person: Option<&PersonRow>,
        code: &str,
    ) -> Result<Option<i64>, FlowError> {
        let now = self.clock.now();
        let sealed = person.and_then(|person| Some((&person.id, person.totp.as_deref()?)));
        let Some((id, sealed)) = sealed else {
            totp::step_of(&[0; 20], code, now);
            return Ok(None);
        };
        let text = self.vault.open_column(&totp_place(id), sealed).await?;
        let secret = totp::base32(&text).ok_or_else(|| corrupt("person", id))?;
        Ok(totp::step_of(&secret, code, now))
    }

    /// Whether a password is that of a person who is known already, as by a link of their own. It
    /// counts as an attempt to sign in does, and is refused while the address is locked out.
    pub(crate) async fn proves_password(
        &self,
        person: &PersonRow,
        password: &str,
    ) -> Result<bool, SignInError> {
        let fits = self.desk.fits(password, person.password.clone()).await?;
        let proof = Proof {
            index: person.email_index.clone(),
            person: Some(person.id.clone()),
            factor: None,
        };
        let flow = self.clone();
        let judged = self.administer("prove-password", move |tx| {
            Box::pin(async move {
                let failures = tx.failures_of(&proof.index).await?;
                let locked = |row: &SignInFailureRow| row.locked_until > flow.now();
                if failures.as_ref().is_some_and(locked) {
                    return Ok((Vec::new(), false));
                }
                let events = match fits {
                    true => Vec::new(),
                    false => flow.count_failure(tx, &proof, failures).await?,
                };
                Ok((events, fits))
            })
        });
        Ok(judged.await?)
    }

    /// Lets in or not, and counts. It must run alone, or many guesses at once would all be let
    /// through before the first is counted. An address that is locked out is refused, right or
    /// wrong, and stays locked no longer for it.
    pub(super) async fn judge(
        &self,
        tx: &mut Tx,
        proof: Proof,
        earlier: Option<String>,
        print: String,
    ) -> Done<Option<Session>> {
        let now = self.now();
        let failures = tx.failures_of(&proof.index).await?;
        if failures.as_ref().is_some_and(|row| row.locked_until > now) {
            return Ok((Vec::new(), None));
        }
        let Some(person) = self.proved(tx, &proof).await? else {
            // What is told of a copied key goes first: its rows are the first event's.
            let mut events = match &proof.factor {
                Some(Factor::Copied(key)) => self.key_is_copied(tx, key).await?,
                Some(Factor::Code(_) | Factor::Key(_)) | None => Vec::new(),
            };
            events.extend(self.count_failure(tx, &proof, failures).await?);
            return Ok((events, None));
        };
        tx.forget_failures(&person.email_index).await?;
        let word = proof.factor.as_ref().map_or(CODE, Factor::as_str);
        let (row, again) = self.open(tx, &person, earlier, (print, word)).await?;
        let agency = id_of(&person.agency)?;
        let event = Draft::new(EventKind::SignedIn, Some(&agency))
            .with("person", &*person.id)
            .with("session", &*row.id)
            .with("proof", word)
            .with("again", again.to_string());
        Ok((vec![event], Some(super::session::opened(row, person)?)))
    }

    /// The person, where everything was right, the code is used for the first time or the key's
    /// answer is, and person and agency are active.
    async fn proved(&self, tx: &mut Tx, proof: &Proof) -> Result<Option<PersonRow>, FlowError> {
        let (Some(person), Some(factor)) = (&proof.person, &proof.factor) else {
            return Ok(None);
        };
        let Some(person) = tx.get::<PersonRow>(person).await? else {
            return Ok(None);
        };
        if !may_use(tx, &person).await? {
            return Ok(None);
        }
        let fresh = match factor {
            Factor::Code(step) => tx.use_code(&person.id, *step, self.now()).await?,
            Factor::Key(used) => self.key_is_used(tx, &person, used).await?,
            Factor::Copied(_) => false,
        };
        Ok(fresh.then_some(person))
    }

    async fn count_failure(
        &self,
        tx: &mut Tx,
        proof: &Proof,
        before: Option<SignInFailureRow>,
    ) -> Result<Vec<Draft>, FlowError> {
        let now = self.now();
        let mut times: Vec<i64> = match &before {
            Some(row) => serde_json::from_str(&row.failures)?,
            None => Vec::new(),
        };
        times.retain(|at| *at > now - micros(WINDOW));
        times.push(now);
        let locked = times.len() >= FAILURES;
        if locked {
            times.clear();
        }
        let mut row = SignInFailureRow {
            id: proof.index.clone(),
            failures: serde_json::to_string(&times)?,
            locked_until: if locked { now + micros(LOCKED) } else { 0 },
            at: now,
        };
        tx.put(&mut row).await?;
        if !locked {
            return Ok(Vec::new());
        }
        // An address that is nobody's gets its event too: anybody sees how long the log is.
        let mut event = Draft::new(EventKind::SignInLocked, None);
        if let Some(id) = &proof.person {
            let person: PersonRow = tx.get(id).await?.ok_or_else(|| corrupt("person", id))?;
            event = event
                .reaching([id_of(&person.agency)?])
                .with("person", &**id);
        }
        Ok(vec![event])
    }

    /// A session for a person: the earlier one, where it is theirs and has not ended; and whether
    /// it is that.
    async fn open(
        &self,
        tx: &mut Tx,
        person: &PersonRow,
        earlier: Option<String>,
        (print, proof): (String, &str),
    ) -> Result<(SessionRow, bool), FlowError> {
        let now = self.now();
        let known = match earlier {
            Some(earlier) => tx.session_by_token(&earlier).await?,
            None => None,
        };
        let known = known.filter(|row| row.person == person.id && row.ends_at > now);
        let again = known.is_some();
        let mut row = known.unwrap_or_else(|| SessionRow {
            id: Id::new(&self.clock).to_string(),
            token: String::new(),
            person: person.id.clone(),
            agency: person.agency.clone(),
            started_at: now,
            proved_at: now,
            seen_at: now,
            ends_at: now + micros(ABSOLUTE),
            browser: String::new(),
            network: String::new(),
            proof: String::new(),
        });
        row.token = print;
        row.proof = proof.to_owned();
        // Bound by the token before it, which is good no longer.
        (row.browser, row.network) = (String::new(), String::new());
        (row.proved_at, row.seen_at) = (now, now);
        tx.put(&mut row).await?;
        Ok((row, again))
    }
}

/// Where a person's secret is sealed to.
pub(crate) const fn totp_place(person: &str) -> Place<'_> {
    Place {
        area: "*",
        table: "person",
        row: person,
        column: "totp",
    }
}

/// Whether a person and the person's agency are active.
pub(super) async fn may_use(tx: &mut Tx, person: &PersonRow) -> Result<bool, FlowError> {
    let agency: Option<AgencyRow> = tx.get(&person.agency).await?;
    Ok(person.state == "active" && agency.is_some_and(|agency| agency.state == "active"))
}

/// A time span in the unit of the store.
pub(crate) fn micros(span: SignedDuration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
