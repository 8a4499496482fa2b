//! Asking back: a reviewer asks the sender before deciding, and the sender answers. What is held
//! stays held meanwhile, and its clock goes on: an answer that does not come escalates as well.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, Role};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HoldRow, NoticeRow, QuestionRow};

use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// The longest question or answer, characters.
const LONGEST: usize = 20_000;
/// What the sender is told of.
const ASKED: &str = "asked-back";
/// What the reviewer is told of.
const ANSWERED: &str = "answered-back";

/// A question to the sender, and its answer.
#[derive(Debug, Clone)]
pub struct QuestionView {
    /// Its id.
    pub id: String,
    /// The agency that asks.
    pub agency: String,
    /// The role that asks there.
    pub role: String,
    /// What is asked.
    pub question: String,
    /// When, microseconds UTC.
    pub asked_at: i64,
    /// The answer.
    pub answer: Option<AnswerView>,
    /// What it is about still waits for a decision.
    pub open: bool,
}

/// An answer to a reviewer.
#[derive(Debug, Clone)]
pub struct AnswerView {
    /// In words.
    pub text: String,
    /// Who gave it.
    pub by: String,
    /// When, microseconds UTC.
    pub at: i64,
}

/// A column of a question.
const fn place<'a>(area: &'a str, row: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area,
        table: "question",
        row,
        column,
    }
}

impl Flow {
    /// A reviewer asks the sender of what waits for their decision.
    pub async fn ask_back(
        &self,
        caller: &Caller,
        exchange: &str,
        question: &str,
    ) -> Result<(), FlowError> {
        let question = words("/question", question)?;
        let (row, holds) = self.reviewable(caller, exchange).await?;
        let person = self.acting(caller, &[], "asking the sender").await?;
        let mut tx = self.store.read().await?;
        let mut about = None;
        for hold in holds.iter().filter(|hold| hold.state == "open") {
            let hindrance = self.hindrance(&mut tx, &person.id, &caller.agency, &row, hold);
            match hindrance.await? {
                Some(why) => about = about.or(Some(Err(FlowError::Forbidden(why)))),
                None => about = Some(Ok(hold.clone())),
            }
        }
        drop(tx);
        let decided = || FlowError::Conflict("this has been decided: nothing waits".to_owned());
        let hold: HoldRow = about.ok_or_else(decided)??;
        let id = fresh(self);
        let mut asked = QuestionRow {
            question: self
                .vault
                .seal_column(&place(&row.area, &id, "question"), question.as_bytes())
                .await?,
            id,
            exchange: row.id.clone(),
            agency: hold.agency,
            role: hold.role,
            asked_by: person.id.clone(),
            asked_at: self.now(),
            answered_by: None,
            answer: None,
            answered_at: None,
            updated_by: String::new(),
        };
        let (flow, by, area) = (self.clone(), caller.agency.clone(), row.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                if flow.asked_already(tx, &row, &asked, &question).await? {
                    return Ok((Vec::new(), ()));
                }
                tx.put(&mut asked).await?;
                let mut drafts = vec![event(EventKind::AskedBack, &by, &row, &asked)?];
                let told = Told {
                    agency: &row.sender,
                    role: Role::Spoc.as_str(),
                    kind: ASKED,
                };
                flow.tell(tx, &row, &asked, told, &mut drafts).await?;
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "ask-back", work).await?;
        Ok(())
    }

    /// Whether the very same question waits already; another one waits for the answer first.
    async fn asked_already(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        asked: &QuestionRow,
        question: &str,
    ) -> Result<bool, FlowError> {
        let holds = tx.holds_of(&row.id).await?;
        if !still_waits(&holds, asked) {
            return Err(FlowError::Conflict(
                "this has been decided meanwhile: nothing waits".to_owned(),
            ));
        }
        for other in tx.questions_of(&row.id).await? {
            if other.answered_at.is_some()
                || other.agency != asked.agency
                || other.role != asked.role
            {
                continue;
            }
            let same = self.opened(row, &other.id, "question", &other.question);
            if other.asked_by == asked.asked_by && same.await? == question {
                return Ok(true);
            }
            return Err(FlowError::Conflict(
                "the sender was asked already, and has not answered yet".to_owned(),
            ));
        }
        Ok(false)
    }

    /// Somebody at the sending agency answers.
    pub async fn answer_back(
        &self,
        caller: &Caller,
        exchange: &str,
        question: &str,
        answer: &str,
    ) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of(exchange, caller.agency.as_str()).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        let asked: Option<QuestionRow> = tx.get(question).await?;
        let asked = asked.filter(|asked| asked.exchange == row.id);
        let asked = asked.ok_or(FlowError::NotFound)?;
        drop(tx);
        let answer = words("/answer", answer)?;
        let person = self.acting(caller, &[], "answering a reviewer").await?;
        let sealed = place(&row.area, &asked.id, "answer");
        let sealed = self.vault.seal_column(&sealed, answer.as_bytes()).await?;
        let (flow, by, person) = (self.clone(), caller.agency.clone(), person.id.clone());
        let area = row.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let mut asked: QuestionRow = tx.get(&asked.id).await?.ok_or(FlowError::NotFound)?;
                if flow
                    .answered_already(tx, &row, &asked, (&person, &answer))
                    .await?
                {
                    return Ok((Vec::new(), ()));
                }
                asked.answer = Some(sealed);
                asked.answered_by = Some(person);
                asked.answered_at = Some(flow.now());
                tx.put(&mut asked).await?;
                let mut drafts = vec![event(EventKind::AnsweredBack, &by, &row, &asked)?];
                flow.done_telling(tx, &asked).await?;
                let (agency, role) = (asked.agency.clone(), asked.role.clone());
                let told = Told {
                    agency: &agency,
                    role: &role,
                    kind: ANSWERED,
                };
                flow.tell(tx, &row, &asked, told, &mut drafts).await?;
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "answer-back", work).await?;
        Ok(())
    }

    /// Whether the very same answer was given already; another one comes too late.
    async fn answered_already(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        asked: &QuestionRow,
        (person, answer): (&str, &str),
    ) -> Result<bool, FlowError> {
        if let (Some(by), Some(given)) = (&asked.answered_by, &asked.answer) {
            let same = self.opened(row, &asked.id, "answer", given).await? == answer;
            if by == person && same {
                return Ok(true);
            }
            return Err(FlowError::Conflict(
                "this has been answered already: the reviewer has the answer".to_owned(),
            ));
        }
        if still_waits(&tx.holds_of(&row.id).await?, asked) {
            return Ok(false);
        }
        Err(FlowError::Conflict(
            "this has been decided meanwhile: nobody waits for the answer".to_owned(),
        ))
    }

    /// What reviewers ask of what the calling agency sent.
    pub async fn asked_of(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Vec<QuestionView>, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of(exchange, caller.agency.as_str()).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        let holds = tx.holds_of(&row.id).await?;
        drop(tx);
        self.views_of(&row, &holds, |_| true).await
    }

    /// The exchanges of the calling agency whose reviewers wait for an answer.
    pub async fn unanswered(&self, caller: &Caller) -> Result<Vec<String>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(tx.unanswered(caller.agency.as_str()).await?)
    }

    /// What was asked about holds.
    pub(super) async fn questions_for(
        &self,
        row: &ExchangeRow,
        holds: &[HoldRow],
    ) -> Result<Vec<QuestionView>, FlowError> {
        let theirs = |asked: &QuestionRow| holds.iter().any(|hold| is_about(hold, asked));
        self.views_of(row, holds, theirs).await
    }

    async fn views_of(
        &self,
        row: &ExchangeRow,
        holds: &[HoldRow],
        wanted: impl Fn(&QuestionRow) -> bool,
    ) -> Result<Vec<QuestionView>, FlowError> {
        let mut tx = self.store.read().await?;
        let mut views = Vec::new();
        for asked in tx.questions_of(&row.id).await? {
            if !wanted(&asked) {
                continue;
            }
            let answer = match (&asked.answer, &asked.answered_by, asked.answered_at) {
                (Some(answer), Some(by), Some(at)) => Some(AnswerView {
                    text: self.opened(row, &asked.id, "answer", answer).await?,
                    by: self.named(&mut tx, by).await?,
                    at,
                }),
                _ => None,
            };
            views.push(QuestionView {
                question: self
                    .opened(row, &asked.id, "question", &asked.question)
                    .await?,
                open: still_waits(holds, &asked),
                id: asked.id,
                agency: asked.agency,
                role: asked.role,
                asked_at: asked.asked_at,
                answer,
            });
        }
        Ok(views)
    }

    async fn opened(
        &self,
        row: &ExchangeRow,
        id: &str,
        column: &str,
        sealed: &[u8],
    ) -> Result<String, FlowError> {
        let plain = self
            .vault
            .open_column(&place(&row.area, id, column), sealed)
            .await?;
        String::from_utf8(plain.to_vec()).map_err(|_| corrupt("question", id))
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        asked: &QuestionRow,
        told: Told<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let mut notice = NoticeRow {
            id: notice_id(asked, told.kind),
            exchange: Some(row.id.clone()),
            nominal: row.nominal.clone(),
            agency: told.agency.to_owned(),
            role: told.role.to_owned(),
            kind: told.kind.to_owned(),
            created_at: self.now(),
            due_at: None,
            done_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut notice).await?;
        drafts.push(
            Draft::new(EventKind::Notified, None)
                .about(&row.id, row.nominal.as_deref())
                .reaching([id_of(told.agency)?])
                .with("role", told.role)
                .with("notice", told.kind),
        );
        Ok(())
    }

    /// The sender has answered: nothing more is to be done about the question.
    async fn done_telling(&self, tx: &mut Tx, asked: &QuestionRow) -> Result<(), FlowError> {
        let notice: Option<NoticeRow> = tx.get(&notice_id(asked, ASKED)).await?;
        if let Some(mut notice) = notice {
            notice.done_at = Some(self.now());
            tx.put(&mut notice).await?;
        }
        Ok(())
    }
}

/// Who is told, and of what.
struct Told<'a> {
    agency: &'a str,
    role: &'a str,
    kind: &'static str,
}

fn notice_id(asked: &QuestionRow, kind: &str) -> String {
    format!("{}/{kind}", asked.id)
}

fn words(pointer: &str, text: &str) -> Result<String, FlowError> {
    clean(text, LONGEST)
        .map_err(|e| FlowError::Invalid(vec![FieldFault::new(pointer, e.to_string())]))
}

fn is_about(hold: &HoldRow, asked: &QuestionRow) -> bool {
    hold.agency == asked.agency && hold.role == asked.role
}

fn still_waits(holds: &[HoldRow], asked: &QuestionRow) -> bool {
    holds
        .iter()
        .any(|hold| hold.state == "open" && is_about(hold, asked))
}

fn event(
    kind: EventKind,
    by: &AgencyId,
    row: &ExchangeRow,
    asked: &QuestionRow,
) -> Result<Draft, FlowError> {
    let (to, person) = match kind == EventKind::AskedBack {
        true => (&row.sender, Some(&asked.asked_by)),
        false => (&asked.agency, asked.answered_by.as_ref()),
    };
    let draft = Draft::new(kind, Some(by))
        .about(&row.id, row.nominal.as_deref())
        .reaching([id_of(to)?])
        .with("question", &*asked.id)
        .with("role", &*asked.role);
    Ok(match person {
        Some(person) => draft.with("person", &**person),
        None => draft,
    })
}
