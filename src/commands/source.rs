//! Where published records come from: a text, or the DNS.

use anyhow::Context as _;

use super::read;
use crate::advice::Finding;
#[cfg(feature = "live")]
use crate::advice::Severity;
use crate::cli::{Common, Records};
use crate::files;
#[cfg(feature = "live")]
use crate::live::{
    dns::Resolver,
    find::{self, Dnssec},
};
use crate::owner::Owner;
#[cfg(feature = "live")]
use crate::owner::Transport;
use crate::records::{Found, PublishedSet, RecordsError};

/// Published records.
pub(super) enum Source {
    Text(PublishedSet),
    #[cfg(feature = "live")]
    Dns(Box<Resolver>),
}

impl Source {
    /// `owners`: the number of those that will be asked for.
    pub(super) fn open(records: &Records, common: &Common, owners: usize) -> anyhow::Result<Self> {
        match records {
            Records::File(file) => {
                let text = read(file)?;
                let published =
                    PublishedSet::read(&text, common.origin.as_ref()).with_context(|| files::name(file))?;
                if published.has_bare_records() && owners != 1 {
                    let error = RecordsError::bare(owners);
                    return Err(anyhow::Error::from(error).context(files::name(file)));
                }
                Ok(Self::Text(published))
            }
            #[cfg(feature = "live")]
            Records::Dns(request) => Ok(Self::Dns(Box::new(super::probe::resolver(request)?))),
        }
    }

    /// What a client finds at `owner`.
    ///
    /// Errors: why a client uses no records there, whatever is published.
    pub(super) fn at(&self, owner: &Owner) -> Result<Option<Found>, Finding> {
        match self {
            Self::Text(published) => Ok(published.at(owner)),
            #[cfg(feature = "live")]
            Self::Dns(resolver) => match look_up(resolver, owner) {
                Ok(found) => Ok(Some(found)),
                Err(Dnssec::NoRecords) => Ok(None),
                Err(dnssec) => Err(super::probe::finding(&dnssec, Severity::Warning)),
            },
        }
    }
}

/// The records of a server are those that a client finds by its name; of another owner, those that are there.
#[cfg(feature = "live")]
fn look_up(resolver: &Resolver, owner: &Owner) -> Result<Found, Dnssec> {
    let server = owner.host().zip(owner.port()).filter(|_| owner.transport() == Some(Transport::Tcp));
    let Some((host, port)) = server else { return find::published(resolver, owner)? };
    let located = find::locate(resolver, &host, port, Transport::Tcp, find::Families::All)?;
    // Once more for the place behind an alias, which an update would have to name.
    find::published(resolver, &located.owner)?
}
