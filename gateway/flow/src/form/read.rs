//! Reading a form: by those who have something of it, and by those who wrote it. One recording
//! for all its parts; each is opened by the vault against its own entry.

use std::collections::BTreeSet;
use std::io::Read as _;

use gateway_core::event::EventKind;
use gateway_core::{Channel, DeliveryState, ExchangeState, Outcome, Ruling};
use gateway_forms::{Body, Carried, MEDIA_TYPE};
use gateway_seal::{ItemKey, open_body};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, FormSentRow, ItemRow, WithdrawalRow, WrapRow};
use gateway_vault::{MayOpen, MayOpenOwn, OpenItem, OpenOwn, Opened};

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::inbox::Taker;
use crate::recorder::{Draft, Recorded, work};
use crate::submission::Caller;

/// Most forms that are listed at once.
const LISTED: i64 = 200;

/// What a reader has of a form.
#[derive(Debug, Clone)]
pub struct FormRead {
    /// The form's id.
    pub form: String,
    /// The version that was filled in.
    pub version: String,
    /// The answers that it may read.
    pub body: Body,
    /// The items that they are in, by the reader's own numbers.
    pub items: Vec<i64>,
    /// What it was sent and may not open now, or not here: by title, with the rules' words.
    pub closed: Vec<(String, String)>,
}

/// A form that an agency has sent.
#[derive(Debug, Clone)]
pub struct OwnForm {
    /// The exchange.
    pub exchange: String,
    /// The form's id.
    pub form: String,
    /// The version that was filled in.
    pub version: String,
    /// When it was sent, microseconds UTC.
    pub sent_at: i64,
    /// The nominal's reference, where one is linked.
    pub nominal: Option<String>,
    /// The state of the exchange.
    pub state: String,
    /// Its sender took it back.
    pub withdrawn: bool,
    /// The earlier form that it goes on from.
    pub after: Option<String>,
    /// The earlier form that it puts right.
    pub corrects: Option<String>,
}

impl Flow {
    /// What the caller has of a form; none where the exchange is no form.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller has nothing of the exchange.
    pub async fn read_form(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormRead>, FlowError> {
        let in_portal = caller.channel == Channel::Portal;
        self.form_read(caller, exchange, in_portal).await
    }

    /// As [`Flow::read_form`], of what is taken away: without what may only be looked at
    /// (`VIEW_ONLY`), which is among what is closed then.
    ///
    /// # Errors
    /// As [`Flow::read_form`].
    pub async fn form_to_keep(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormRead>, FlowError> {
        self.form_read(caller, exchange, false).await
    }

    async fn form_read(
        &self,
        caller: &Caller,
        exchange: &str,
        in_portal: bool,
    ) -> Result<Option<FormRead>, FlowError> {
        let mut tx = self.store.read().await?;
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        if wraps.is_empty() {
            return Err(FlowError::NotFound);
        }
        let Some(note) = tx.get::<FormSentRow>(exchange).await? else {
            return Ok(None);
        };
        let row = exchange_of(&mut tx, exchange).await?;
        let mut parts = Vec::new();
        for wrap in wraps {
            let item = item_of(&mut tx, &wrap.item).await?;
            if item.media_type == MEDIA_TYPE {
                parts.push((wrap, item));
            }
        }
        drop(tx);
        let mut closed = Vec::new();
        let mut open = Vec::new();
        for (wrap, item) in parts {
            match why_not(&self.may_open(caller, &wrap, in_portal).await?) {
                Some(why) => closed.push((self.title(&row.area, &item).await?, why)),
                None => open.push((wrap, item)),
            }
        }
        let carried = self.opened_parts(caller, &row, &open, in_portal).await?;
        Ok(Some(FormRead {
            body: self.joined(&note.form, &carried)?,
            form: note.form,
            version: note.version,
            items: open.iter().map(|(wrap, _)| wrap.n).collect(),
            closed,
        }))
    }

    /// What the caller's agency has sent of a form, the newest first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn own_forms(
        &self,
        caller: &Caller,
        form: &str,
        nominal: Option<&str>,
    ) -> Result<Vec<OwnForm>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx
            .forms_sent(caller.agency.as_str(), form, nominal, LISTED)
            .await?;
        let mut forms = Vec::new();
        for row in rows {
            forms.push(own_form(&mut tx, row).await?);
        }
        Ok(forms)
    }

    /// A form that the caller's agency sent, as it was sent. A prison reads its own until five
    /// working days after the person has left it (ISP-12).
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the agency sent no such form; [`FlowError::Forbidden`] where
    /// it may not be read any more.
    pub async fn own_form(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<(OwnForm, Body), FlowError> {
        let person = self
            .acting(caller, &[], "reading what your agency sent")
            .await?
            .id
            .clone();
        let mut tx = self.store.read().await?;
        let note: Option<FormSentRow> = tx.get(exchange).await?;
        let note = note
            .filter(|note| note.agency == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        let row = exchange_of(&mut tx, exchange).await?;
        let form = own_form(&mut tx, note).await?;
        let mut items = tx.items_of(exchange).await?;
        items.retain(|item| item.media_type == MEDIA_TYPE);
        drop(tx);
        let asked = MayOpenOwn {
            exchange: exchange.to_owned(),
            person: person.clone(),
        };
        if let Some(why) = why_not(&self.vault.may_open_own(asked).await?) {
            return Err(FlowError::Forbidden(why));
        }
        let drafts = items.iter().map(|item| {
            Draft::new(EventKind::ItemRead, Some(&caller.agency))
                .about(&row.id, row.nominal.as_deref())
                .reaching([caller.agency.clone()])
                .with("own", &*item.id)
                .with("person", &*person)
        });
        let drafts: Vec<Draft> = drafts.collect();
        let work = work(move |_| Box::pin(async move { Ok((drafts, ())) }));
        let recorded = self.recorder.record(&row.area, "read-own", work).await?.1;
        let mut carried = Vec::new();
        for (item, at) in items.iter().zip(recorded) {
            let asked = OpenOwn {
                item: item.id.clone(),
                person: person.clone(),
                log: at.log,
                index: at.index,
            };
            let key = self.vault.open_own(asked).await?;
            carried.push(self.form_part(item, &key)?);
        }
        let body = self.joined(&form.form, &carried)?;
        Ok((form, body))
    }

    /// A form of the caller's agency as another one is begun from it.
    ///
    /// # Errors
    /// As [`Flow::own_form`]; [`FlowError::Conflict`] where it was withdrawn, and nothing is read.
    pub async fn form_to_begin_from(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<(OwnForm, Body), FlowError> {
        let mut tx = self.store.read().await?;
        let note: Option<FormSentRow> = tx.get(exchange).await?;
        let note = note
            .filter(|note| note.agency == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        if own_form(&mut tx, note).await?.withdrawn {
            let why = "this form was withdrawn: begin from another one, or from an empty one";
            return Err(FlowError::Conflict(why.to_owned()));
        }
        drop(tx);
        self.own_form(caller, exchange).await
    }

    pub(super) async fn may_open(
        &self,
        caller: &Caller,
        wrap: &WrapRow,
        in_portal: bool,
    ) -> Result<Ruling, FlowError> {
        let asked = MayOpen {
            wrap: wrap.id.clone(),
            agency: caller.agency.clone(),
            person: caller.person.as_ref().map(|person| person.id.clone()),
            in_portal,
        };
        Ok(self.vault.may_open(asked).await?)
    }

    /// Logs that the parts are read, in one recording, and opens them.
    async fn opened_parts(
        &self,
        caller: &Caller,
        row: &ExchangeRow,
        parts: &[(WrapRow, ItemRow)],
        in_portal: bool,
    ) -> Result<Vec<Carried>, FlowError> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let person = caller.person.as_ref().map(|person| person.id.clone());
        let recorded = self.log_parts(caller, row, parts, person.as_deref());
        let mut carried = Vec::new();
        for ((wrap, item), at) in parts.iter().zip(recorded.await?) {
            let asked = OpenItem {
                wrap: wrap.id.clone(),
                agency: caller.agency.clone(),
                person: person.clone(),
                in_portal,
                log: at.log,
                index: at.index,
            };
            match self.vault.open_item(asked).await? {
                Opened::Key(key) => carried.push(self.form_part(item, &key)?),
                Opened::Sealed { .. } => {
                    let why = "your agency holds its own key: fetch the parts and open them there";
                    return Err(FlowError::Conflict(why.to_owned()));
                }
            }
        }
        Ok(carried)
    }

    async fn log_parts(
        &self,
        caller: &Caller,
        row: &ExchangeRow,
        parts: &[(WrapRow, ItemRow)],
        person: Option<&str>,
    ) -> Result<Vec<Recorded>, FlowError> {
        let drafts = parts.iter().map(|(wrap, _)| {
            let draft = Draft::new(EventKind::ItemRead, Some(&caller.agency))
                .about(&row.id, row.nominal.as_deref())
                .reaching([caller.agency.clone()])
                .with("wrap", &*wrap.id)
                .with("delivery", &*wrap.delivery);
            match person {
                Some(person) => draft.with("person", person),
                None => draft,
            }
        });
        let mut drafts: Vec<Draft> = drafts.collect();
        let deliveries: BTreeSet<String> = parts
            .iter()
            .map(|(wrap, _)| wrap.delivery.clone())
            .collect();
        let (flow, row, by) = (self.clone(), row.clone(), Taker::of(caller));
        let area = row.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                for delivery in deliveries {
                    for state in [DeliveryState::Delivered, DeliveryState::Opened] {
                        flow.step(tx, &row, &delivery, state, Some(&by), &mut drafts)
                            .await?;
                    }
                }
                Ok((drafts, ()))
            })
        });
        Ok(self.recorder.record(&area, "read-form", work).await?.1)
    }

    /// A part of a form in clear; small by what may stand in a form.
    fn form_part(&self, item: &ItemRow, key: &ItemKey) -> Result<Carried, FlowError> {
        let mut clear = Vec::new();
        open_body(key, self.sealed_reader(item)?)?.read_to_end(&mut clear)?;
        Carried::read(&clear).map_err(|_| corrupt("item", &item.id))
    }

    fn joined(&self, form: &str, parts: &[Carried]) -> Result<Body, FlowError> {
        let definition = self.forms.form(form);
        let definition = definition
            .ok_or_else(|| FlowError::Internal(format!("there is no form `{form}` any more")))?;
        Ok(definition.join(parts))
    }
}

async fn exchange_of(tx: &mut Tx, id: &str) -> Result<ExchangeRow, FlowError> {
    tx.get(id).await?.ok_or_else(|| corrupt("exchange", id))
}

async fn item_of(tx: &mut Tx, id: &str) -> Result<ItemRow, FlowError> {
    tx.get(id).await?.ok_or_else(|| corrupt("item", id))
}

async fn own_form(tx: &mut Tx, note: FormSentRow) -> Result<OwnForm, FlowError> {
    let exchange = exchange_of(tx, &note.id).await?;
    let recalled = exchange.state == ExchangeState::Recalled.as_str();
    let withdrawn = recalled && tx.get::<WithdrawalRow>(&note.id).await?.is_some();
    Ok(OwnForm {
        exchange: note.id,
        withdrawn,
        form: note.form,
        version: note.version,
        sent_at: note.sent_at,
        nominal: exchange.nominal,
        state: exchange.state,
        after: note.after,
        corrects: note.corrects,
    })
}

/// Why something is not opened, in the words of the rules; none where it is.
pub(super) fn why_not(ruling: &Ruling) -> Option<String> {
    if ruling.outcome == Outcome::Permit && !ruling.fault {
        return None;
    }
    let words: Vec<&str> = ruling.rules.iter().map(|hit| hit.title.as_str()).collect();
    Some(words.join("; "))
}
