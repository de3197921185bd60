//! The hooks that ACME clients run, their settings and systemd units. A hook acts on the exit status of
//! `tlsagen rollover`; the decisions are in `rollover`.

/// What `tlsagen hook` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The hook of certbot.
    Certbot,
    /// The hook of lego.
    Lego,
    /// The hook of dehydrated.
    Dehydrated,
    /// The hook of acme.sh.
    AcmeSh,
    /// The hook of Caddy.
    Caddy,
    /// The units that run a hook every hour.
    Systemd,
    /// The settings of every hook.
    Settings,
}

/// The part that all hooks share.
const BODY: &str = include_str!("body.sh");

impl Hook {
    /// Every value.
    pub const ALL: [Self; 7] = [
        Self::Certbot,
        Self::Lego,
        Self::Dehydrated,
        Self::AcmeSh,
        Self::Caddy,
        Self::Systemd,
        Self::Settings,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certbot => "certbot",
            Self::Lego => "lego",
            Self::Dehydrated => "dehydrated",
            Self::AcmeSh => "acme.sh",
            Self::Caddy => "caddy",
            Self::Systemd => "systemd",
            Self::Settings => "settings",
        }
    }

    /// The text: a shell script, the units with the path of each in a comment, or the settings.
    pub fn text(self) -> String {
        let head = match self {
            Self::Certbot => include_str!("certbot.sh"),
            Self::Lego => include_str!("lego.sh"),
            Self::Dehydrated => include_str!("dehydrated.sh"),
            Self::AcmeSh => include_str!("acme.sh"),
            Self::Caddy => include_str!("caddy.sh"),
            Self::Systemd => {
                return UNITS.map(|(path, unit)| format!("# {path}\n{unit}")).join("\n");
            }
            Self::Settings => return include_str!("settings.sh").to_owned(),
        };
        format!("{head}{BODY}")
    }
}

/// The systemd units, each with its path.
const UNITS: [(&str, &str); 2] = [
    ("/etc/systemd/system/tlsagen.service", include_str!("tlsagen.service")),
    ("/etc/systemd/system/tlsagen.timer", include_str!("tlsagen.timer")),
];

#[cfg(test)]
mod tests {
    use super::Hook;

    #[test]
    fn each_hook_has_at_most_15_lines_around_its_case() {
        for hook in Hook::ALL {
            let text = hook.text();
            if text.starts_with("#!/bin/sh\n") {
                let (before, after) = text.split_once("    case $? in\n").unwrap_or_default();
                let after = after.split_once("    esac\n").unwrap_or_default().1;
                let lines = before.lines().chain(after.lines());
                let lines = lines.filter(|line| !line.trim_start().starts_with('#')).count();
                assert!((10..=15).contains(&lines), "{}: {lines} lines around case", hook.name());
            }
        }
    }
}
