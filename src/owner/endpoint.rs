//! Parses the servers given on the command line.

use std::net::IpAddr;
use std::str::FromStr;

use super::{HostName, NameError, NameProblem, Owner, Port, Transport};

/// One `HOST[:PORT]` or full owner name from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A server.
    Server {
        /// The TLSA base domain.
        host: HostName,
        /// The port given after the host name.
        port: Option<Port>,
        /// The name as given, if it has U-labels.
        u_labels: Option<String>,
    },
    /// A full owner name.
    Owner(Owner),
}

impl Endpoint {
    /// Parses a comma-separated list, with or without blanks after the commas.
    ///
    /// Errors: an item is empty, an IP address, or an invalid host name, owner name or port.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, NameError> {
        text.split(',').map(|item| item.trim_matches(' ').parse()).collect()
    }

    /// Returns the name of the server; `None` for a full owner name that does not contain one.
    pub fn host(&self) -> Option<HostName> {
        match self {
            Self::Server { host, .. } => Some(host.clone()),
            Self::Owner(owner) => owner.host(),
        }
    }

    /// Returns the owner names of this endpoint: the full owner name, or one owner name for the endpoint's own port. If
    /// the endpoint has neither, returns one owner name for each of `ports`.
    ///
    /// Errors: an owner name is longer than RFC 1035 section 2.3.4 allows.
    pub fn owners(&self, ports: &[Port], transport: Transport) -> Result<Vec<Owner>, NameError> {
        let owner = |port, host| Owner::new(port, transport, host).map_err(|error| error.at("HOST"));
        match self {
            Self::Owner(owner) => Ok(vec![owner.clone()]),
            Self::Server { host, port: Some(port), .. } => Ok(vec![owner(*port, host)?]),
            Self::Server { host, .. } => ports.iter().map(|port| owner(*port, host)).collect(),
        }
    }
}

impl FromStr for Endpoint {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text).map_err(|error| error.at("HOST"))
    }
}

impl Endpoint {
    fn parse(text: &str) -> Result<Self, NameError> {
        if text.parse::<IpAddr>().is_ok() || text.starts_with('[') {
            return Err(NameError::new(text, NameProblem::IpAddress));
        }
        if let Some((scheme, _)) = text.split_once("//") {
            return Err(NameError::label(text, &format!("{scheme}//")));
        }
        if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(NameError::new(text, NameProblem::Number));
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        };
        if name.split('.').any(|label| label.starts_with('_')) {
            return match port {
                Some(_) => Err(NameError::new(text, NameProblem::OwnerPort)),
                None => name.parse().map(Self::Owner),
            };
        }
        let host = name.parse()?;
        let u_labels = (!name.is_ascii()).then(|| name.to_owned());
        let port =
            port.map(str::parse).transpose().map_err(|error: NameError| error.at("the port after HOST"))?;
        Ok(Self::Server { host, port, u_labels })
    }
}
