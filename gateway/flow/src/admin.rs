//! The records that decide who may see what: areas, agencies, their systems and people,
//! nominals and everybody's part in them. Each change is an event. One file a noun.

mod agency;
mod area;
mod certificate;
pub mod clocks;
mod meeting;
mod mesh;
mod nominal;
mod person;

use gateway_store::Tx;

use crate::Flow;
use crate::error::{FieldFault, FlowError};
use crate::recorder::Done;

pub use agency::{AgencyChange, NewAgency};
pub use certificate::{KnownCertificate, NewCertificate};
pub use nominal::{NewNominal, NominalChange};
pub use person::NewPerson;

fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}

impl Flow {
    /// The area whose log bears what belongs to no area of its own.
    pub(crate) async fn default_area(&self) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        let first = tx.areas().await?.into_iter().next();
        first.map(|area| area.id).ok_or_else(|| {
            FlowError::Conflict("there is no area yet: add one with `gateway area add`".to_owned())
        })
    }

    /// Does a piece of work in the default area's log.
    pub(crate) async fn administer<T, F>(&self, name: &'static str, work: F) -> Result<T, FlowError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Done<T>>
            + Send
            + 'static,
    {
        let area = self.default_area().await?;
        Ok(self.recorder.record(&area, name, work).await?.0)
    }
}
