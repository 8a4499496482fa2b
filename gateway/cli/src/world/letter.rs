//! Writing, sending and answering the month's exchanges, as the agencies' systems would.

use anyhow::Context as _;
use bytes::Bytes;
use gateway_core::question::Consent;
use gateway_core::{About, Category, Channel, Id, Identifier, Personal, Purpose, Role};
use gateway_flow::admin::NominalChange;
use gateway_flow::colleague::NewColleague;
use gateway_flow::coordinate::Act;
use gateway_flow::hold::Judgement;
use gateway_flow::read::DocumentBody;
use gateway_flow::reason::ReadingOf;
use gateway_flow::submission::{Emergency, ItemClaim, ItemPlace, Particulars, RecipientClaim};
use gateway_flow::{Answer, Caller, Flow, Submission};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::agency;
use super::nominals::NOMINALS;
use crate::demo::State;
use crate::person::caller;

/// Whom a letter is about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A nominal, by two of the identifiers.
    Known(usize),
    /// Identifiers that match nobody, or not enough.
    Given(&'static [(gateway_core::IdentifierKind, &'static str)]),
}

/// One item of a letter.
#[derive(Debug, Clone)]
pub struct Piece {
    title: &'static str,
    category: Option<Category>,
    owner: Option<&'static str>,
    about: About,
    text: &'static str,
    pdf: bool,
    clinician: Option<&'static str>,
    public_interest: Option<&'static str>,
    child: Option<&'static str>,
    consent: Option<Consent>,
    corrects: Option<ItemPlace>,
}

/// A text item.
pub fn piece(category: Category, title: &'static str, text: &'static str) -> Piece {
    Piece {
        title,
        category: Some(category),
        owner: None,
        about: About::Subject,
        text,
        pdf: false,
        clinician: None,
        public_interest: None,
        child: None,
        consent: None,
        corrects: None,
    }
}

impl Piece {
    /// As a document, a page of PDF.
    pub fn on_paper(mut self) -> Self {
        self.pdf = true;
        self
    }

    /// With no category.
    pub fn unlabelled(mut self) -> Self {
        self.category = None;
        self
    }

    /// Owned by another agency than the sender.
    pub fn of(mut self, owner: &'static str) -> Self {
        self.owner = Some(owner);
        self
    }

    /// About somebody else than the nominal.
    pub fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// With the clinician and the public-interest reason.
    pub fn cleared(mut self, clinician: &'static str, reason: &'static str) -> Self {
        self.clinician = Some(clinician);
        self.public_interest = Some(reason);
        self
    }

    /// Linked to a child.
    pub fn child(mut self, child: &'static str) -> Self {
        self.child = Some(child);
        self
    }

    /// With consent considered.
    pub fn consent(mut self, consent: Consent) -> Self {
        self.consent = Some(consent);
        self
    }

    /// Corrects an item of an earlier exchange.
    pub fn corrects(mut self, exchange: &str, item: i64) -> anyhow::Result<Self> {
        self.corrects = Some(ItemPlace {
            exchange: exchange.parse()?,
            item,
        });
        Ok(self)
    }
}

/// One exchange to send.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The sending agency.
    pub from: &'static str,
    /// The role of the person who sends, where one is named.
    pub by: Option<Role>,
    /// Whom it is about.
    pub subject: Subject,
    /// The recipients.
    pub to: &'static [&'static str],
    /// Why the recipients are likely to need it, at level 1.
    pub reason: Option<&'static str>,
    /// The purpose.
    pub purpose: Purpose,
    /// Why it is necessary; none is incomplete.
    pub necessity: Option<&'static str>,
    /// The statement of an emergency.
    pub emergency: Option<&'static str>,
    /// The exchange it answers.
    pub reply: Option<String>,
    /// The property it bears on.
    pub property: Option<&'static str>,
    /// The items.
    pub pieces: Vec<Piece>,
}

impl Letter {
    /// A plain one; the rest by struct update.
    pub fn new(
        from: &'static str,
        to: &'static [&'static str],
        nominal: usize,
        purpose: Purpose,
        necessity: &'static str,
        pieces: Vec<Piece>,
    ) -> Self {
        Self {
            from,
            by: None,
            subject: Subject::Known(nominal),
            to,
            reason: None,
            purpose,
            necessity: Some(necessity),
            emergency: None,
            reply: None,
            property: None,
            pieces,
        }
    }
}

/// The hand that writes the month.
pub struct Teller<'w> {
    flow: &'w Flow,
    first: Timestamp,
    state: &'w State,
    /// How many exchanges were sent.
    pub sent: usize,
}

impl<'w> Teller<'w> {
    /// A month that begins on a day.
    pub fn new(flow: &'w Flow, first: Timestamp, state: &'w State) -> Self {
        Self {
            flow,
            first,
            state,
            sent: 0,
        }
    }

    /// Moves on to a day of the month, and so many minutes after its first hour; what has come
    /// due meanwhile is done.
    pub async fn at(&self, day: i64, minutes: i64) -> anyhow::Result<()> {
        let since = SignedDuration::from_hours(24 * (day - 1)) + SignedDuration::from_mins(minutes);
        let to = self.first.checked_add(since)?;
        if to > self.flow.clock.now() {
            self.flow.clock.set(to);
        }
        Ok(self.flow.tick().await?)
    }

    /// An agency's system, on behalf of the person there who has a role, where one is named.
    pub async fn caller(&self, id: &str, role: Option<Role>) -> anyhow::Result<Caller> {
        let Some(role) = role else {
            return Ok(Caller {
                agency: agency(id)?,
                person: None,
                channel: Channel::Api,
                proof: "mutual-tls",
            });
        };
        let at = self.state.agencies.iter().find(|a| a.id == id);
        let user = at.and_then(|a| a.users.iter().find(|u| u.role == role.as_str()));
        let user = user.with_context(|| format!("`{id}` has nobody with the role {role}"))?;
        caller(self.flow, &user.email, "mutual-tls").await
    }

    /// A single point of contact invites a colleague, and takes the invitation back.
    pub async fn invites_and_withdraws(
        &self,
        at: &str,
        colleague: NewColleague,
    ) -> anyhow::Result<()> {
        let spoc = self.caller(at, Some(Role::Spoc)).await?;
        self.flow.invite(&spoc, colleague).await?;
        for waiting in self.flow.people(&spoc).await?.invited {
            self.flow.withdraw_invitation(&spoc, &waiting.id).await?;
        }
        Ok(())
    }

    /// Sends a letter; the exchange's id.
    pub async fn send(&mut self, letter: Letter) -> anyhow::Result<String> {
        let caller = self.caller(letter.from, letter.by).await?;
        let mut bodies = Vec::new();
        for piece in &letter.pieces {
            bodies.push(match piece.pdf {
                true => self.document(piece).await?,
                false => self.flow.take_text(piece.text)?,
            });
        }
        let particulars = self.particulars(&letter)?;
        let submission = Submission {
            caller,
            particulars,
            bodies,
            idempotency: None,
            answer_to: None,
        };
        let answer: anyhow::Result<Answer> = self.flow.submit(submission).await.map_err(Into::into);
        let answer = answer.with_context(|| format!("exchange {} of the month", self.sent + 1))?;
        self.sent += 1;
        answer.id.context("an exchange without an id")
    }

    async fn document(&self, piece: &Piece) -> anyhow::Result<gateway_flow::body::StagedBody> {
        let lines: Vec<&str> = piece.text.split(". ").collect();
        let page = super::pdf::page(&lines);
        let (send, chunks) = mpsc::channel(1);
        send.send(Ok(Bytes::from(page)))
            .await
            .context("a document")?;
        drop(send);
        Ok(self
            .flow
            .take_body("application/pdf".to_owned(), chunks)
            .await?)
    }

    fn particulars(&self, letter: &Letter) -> anyhow::Result<Particulars> {
        let today = gateway_core::calendar::local_date(self.flow.clock.now());
        let given: Vec<_> = match letter.subject {
            Subject::Given(given) => given.to_vec(),
            Subject::Known(n) => {
                let nominal = NOMINALS.get(n).context("no such nominal")?;
                let unique = nominal.unique.iter().copied().take(1);
                unique
                    .chain([(gateway_core::IdentifierKind::Dob, nominal.born)])
                    .collect()
            }
        };
        let mut identifiers = Vec::new();
        for (kind, value) in given {
            identifiers.push(Identifier::parse(kind, value, today)?);
        }
        let words = |text: Option<&str>| text.map(|text| Personal::new(text.to_owned()));
        let recipients = letter.to.iter().map(|id| {
            Ok(RecipientClaim {
                agency: agency(id)?,
                person: None,
                reason: words(letter.reason),
            })
        });
        let reply: Option<Id> = letter.reply.as_deref().map(str::parse).transpose()?;
        Ok(Particulars {
            identifiers,
            purpose: Some(letter.purpose),
            necessity: words(letter.necessity),
            bases: vec!["CJA 2003 s.325".to_owned(), "DPA 2018 Part 3".to_owned()],
            emergency: letter.emergency.map(|statement| Emergency {
                statement: Personal::new(statement.to_owned()),
                confirm_recipients: Vec::new(),
            }),
            in_reply_to: reply,
            property: words(letter.property),
            adult_at_risk: letter.purpose == Purpose::SafeAdult,
            items: letter
                .pieces
                .iter()
                .map(claim)
                .collect::<anyhow::Result<_>>()?,
            ..Particulars::new(recipients.collect::<anyhow::Result<_>>()?)
        })
    }

    /// A recipient takes what waits for it of an exchange, opens what may be opened outside the
    /// portal, and acknowledges it.
    pub async fn take(&self, id: &str, exchange: &str) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(Role::Spoc)).await?;
        let waiting = self.flow.inbox(&caller, None, 200).await?;
        for entry in waiting.iter().filter(|entry| entry.exchange == exchange) {
            for item in &entry.items {
                if item
                    .obligations
                    .contains(&gateway_core::Obligation::ViewOnly)
                {
                    continue;
                }
                let document = self.flow.document(&caller, exchange, item.n).await?;
                let (DocumentBody::Clear(mut body) | DocumentBody::Sealed { mut body, .. }) =
                    document.body;
                while let Some(chunk) = body.recv().await {
                    chunk.context("a document that does not open")?;
                }
            }
            self.flow.acknowledge(&caller, &entry.id).await?;
        }
        Ok(())
    }

    /// A reviewer asks the sender about what waits for that role.
    pub async fn ask(
        &self,
        id: &str,
        role: Role,
        exchange: &str,
        question: &str,
    ) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(role)).await?;
        Ok(self.flow.ask_back(&caller, exchange, question).await?)
    }

    /// The sender's single point of contact answers all that was asked.
    pub async fn answer(&self, id: &str, exchange: &str, answer: &str) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(Role::Spoc)).await?;
        for asked in self.flow.asked_of(&caller, exchange).await? {
            self.flow
                .answer_back(&caller, exchange, &asked.id, answer)
                .await?;
        }
        Ok(())
    }

    /// The gateway's reference of a nominal.
    pub fn reference(&self, nominal: usize) -> anyhow::Result<String> {
        let nominal = self.state.nominals.get(nominal);
        Ok(nominal.context("no such nominal")?.reference.clone())
    }

    /// A coordinator looks at something, with a reason.
    pub async fn look(&self, id: &str, of: ReadingOf<'_>, reason: &str) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(Role::Coordinator)).await?;
        self.flow.read_with_reason(&caller, of, reason).await?;
        Ok(())
    }

    /// A coordinator changes a nominal's record.
    pub async fn change(
        &self,
        id: &str,
        nominal: usize,
        change: NominalChange,
        reasons: &str,
    ) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(Role::Coordinator)).await?;
        let act = Act {
            id: self.flow.act_id(),
            reasons: reasons.to_owned(),
        };
        let reference = self.reference(nominal)?;
        self.flow
            .act_on_nominal(&caller, &reference, change, &act)
            .await?;
        Ok(())
    }

    /// A reviewer decides everything of an exchange that waits for that role.
    pub async fn decide(
        &self,
        id: &str,
        role: Role,
        exchange: &str,
        approve: bool,
        reasons: &str,
    ) -> anyhow::Result<()> {
        let caller = self.caller(id, Some(role)).await?;
        let holds = self.flow.holds(&caller, None, 200).await?;
        let of_it = holds.iter().filter(|hold| hold.exchange == exchange);
        let mut decided = 0;
        for hold in of_it.filter(|hold| hold.role == role.as_str()) {
            self.flow
                .decide_hold(
                    &caller,
                    &hold.id,
                    Judgement {
                        approve,
                        reasons: reasons.to_owned(),
                        category: None,
                    },
                )
                .await?;
            decided += 1;
        }
        anyhow::ensure!(
            decided > 0,
            "nothing of the exchange waits for the {role} of `{id}`"
        );
        Ok(())
    }
}

fn claim(piece: &Piece) -> anyhow::Result<ItemClaim> {
    let words = |text: Option<&str>| text.map(|text| Personal::new(text.to_owned()));
    Ok(ItemClaim {
        category: piece.category,
        owner: piece.owner.map(agency).transpose()?,
        about: piece.about,
        clinician: words(piece.clinician),
        public_interest: words(piece.public_interest),
        consent: piece.consent,
        child: words(piece.child),
        corrects: piece.corrects.clone(),
        ..ItemClaim::new(Personal::new(piece.title.to_owned()))
    })
}
