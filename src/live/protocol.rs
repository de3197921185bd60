//! The application protocols, their names and their usual ports.

/// The application protocol, which determines how TLS is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// SMTP (RFC 3207).
    Smtp,
    /// LMTP (RFC 2033) with STARTTLS (RFC 3207).
    Lmtp,
    /// IMAP (RFC 9051 section 6.2.1).
    Imap,
    /// POP3 (RFC 2595 section 4).
    Pop3,
    /// ManageSieve (RFC 5804 section 2.2).
    Sieve,
    /// FTP (RFC 4217).
    Ftp,
    /// NNTP (RFC 4642).
    Nntp,
    /// XMPP between client and server (RFC 6120 section 5).
    Xmpp,
    /// XMPP between servers (RFC 6120 section 5).
    XmppServer,
    /// PostgreSQL (SSLRequest).
    Postgres,
    /// LDAP (RFC 4511 section 4.14).
    Ldap,
    /// TLS from the first octet.
    Direct,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 12] = [
        Self::Smtp,
        Self::Lmtp,
        Self::Imap,
        Self::Pop3,
        Self::Sieve,
        Self::Ftp,
        Self::Nntp,
        Self::Xmpp,
        Self::XmppServer,
        Self::Postgres,
        Self::Ldap,
        Self::Direct,
    ];

    /// The name of the protocol on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Sieve => "sieve",
            Self::Ftp => "ftp",
            Self::Nntp => "nntp",
            Self::Xmpp => "xmpp",
            Self::XmppServer => "xmpp-server",
            Self::Postgres => "postgres",
            Self::Ldap => "ldap",
            Self::Direct => "none",
        }
    }

    /// The usual protocol of a port; TLS from the first octet for any other port.
    pub fn of_port(port: u16) -> Self {
        Self::usual(port).unwrap_or(Self::Direct)
    }

    /// The usual protocol of a port, if it has one.
    pub fn usual(port: u16) -> Option<Self> {
        Some(match port {
            25 | 587 | 2525 => Self::Smtp,
            24 => Self::Lmtp,
            143 => Self::Imap,
            110 => Self::Pop3,
            4190 => Self::Sieve,
            21 => Self::Ftp,
            119 => Self::Nntp,
            5222 => Self::Xmpp,
            5269 => Self::XmppServer,
            5432 => Self::Postgres,
            389 => Self::Ldap,
            443 | 465 | 563 | 636 | 853 | 990 | 993 | 995 | 5223 | 5270 => Self::Direct,
            _ => return None,
        })
    }
}
