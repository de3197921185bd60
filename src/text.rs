//! Makes external text safe to show: escapes characters that could end the line, and hides possible private keys.
//!
//! Users sometimes give a private key where a name or a file is expected (`"$(cat key.pem)"`), and messages end up in
//! logs. Therefore, text is shown only if it looks like a value of the expected type.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

/// Escapes all characters in `text` that could end the line or confuse a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Whether `c` is a control character, a line separator, a bidirectional control or a zero-width character.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Maximum length of a name that is shown, in octets: 253, and a final dot (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 254;

/// Maximum length of a label in octets (RFC 1035 section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// Maximum length of a word or number that is shown, in octets.
const LONGEST_WORD: usize = 32;

/// Maximum length of a path that is shown, in octets: PATH_MAX of Linux.
const LONGEST_PATH: usize = 4096;

/// A command-line value as messages show it: the text in quotation marks if it looks like a value of the expected type,
/// otherwise the name of the argument. Text that must not be shown is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    text: Option<String>,
    place: Option<Cow<'static, str>>,
}

impl Shown {
    /// Creates the value from a host or owner name. The text is shown, even if it is misspelt, if it has at most 254
    /// octets, labels of at most 63 octets that do not look like base64, and no `+`, `/` or `=`.
    pub fn name(text: &str) -> Self {
        Self::only_if(text, is_like_name(text))
    }

    /// Creates the value from an option name. The text is shown if it consists of letters of one case, hyphens and
    /// underscores, or of two characters; up to 12 characters may also be digits.
    pub fn option(text: &str) -> Self {
        let is_of = |is_letter: fn(&u8) -> bool| {
            text.bytes().all(|octet| is_letter(&octet) || octet == b'-' || octet == b'_')
        };
        // The options of other programs, such as --x509, have digits.
        let is_short =
            text.len() <= 12 && is_of(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit());
        let is_option = is_short
            || is_of(u8::is_ascii_lowercase)
            || is_of(u8::is_ascii_uppercase)
            || text.chars().count() == 2;
        Self::only_if(text, text.len() <= LONGEST_WORD && is_option)
    }

    /// Creates the value from a word that should be in a fixed set of words.
    pub fn word(text: &str) -> Self {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.:".contains(&octet) || octet >= 0x80;
        Self::only_if(
            text,
            text.len() <= LONGEST_WORD && text.bytes().all(|c| plain(c) || c.is_ascii_control()),
        )
    }

    /// Creates the value from a number with an optional `+` sign.
    pub fn number(text: &str) -> Self {
        Self {
            text: text.strip_prefix('+').map_or(Self::word(text).text, |number| {
                Self::word(number).text.map(|number| format!("+{number}"))
            }),
            place: None,
        }
    }

    /// Creates the value from a time in RFC 3339 format.
    pub fn time(text: &str) -> Self {
        let is_time = |c: char| c.is_ascii_digit() || " tTzZ:.-+".contains(c);
        match text.len() <= LONGEST_WORD && text.chars().all(is_time) {
            true => Self { text: Some(text.to_owned()), place: None },
            false => Self::word(text),
        }
    }

    fn only_if(text: &str, is_plausible: bool) -> Self {
        Self { text: (is_plausible && !is_pem(text)).then(|| printable(text)), place: None }
    }

    /// Sets the name of the argument, such as `the value of --port`; keeps a name that is already set.
    #[must_use]
    pub fn at(self, place: impl Into<Cow<'static, str>>) -> Self {
        Self { place: self.place.or_else(|| Some(place.into())), ..self }
    }

    /// Whether the text itself is shown.
    pub fn is_text(&self) -> bool {
        self.text.is_some()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.text, &self.place) {
            (Some(text), _) => write!(f, "'{text}'"),
            (None, Some(place)) => f.write_str(place),
            (None, None) => f.write_str("this value"),
        }
    }
}

/// Returns the name of a file for messages: the path, or a fixed text if the path may contain part of a key.
pub fn file_name(path: &str) -> String {
    if path == "-" {
        return "standard input".to_owned();
    }
    let is_joint = |c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c);
    let is_path = is_path(path) && !path.split(is_joint).any(is_like_base64);
    if is_path { printable(path) } else { "a file whose name is not shown".to_owned() }
}

/// Whether `text` can be a path: not PEM, and at most PATH_MAX octets.
pub fn is_path(text: &str) -> bool {
    text.len() <= LONGEST_PATH && !is_pem(text)
}

/// Returns `word` if it could be a domain name, so a message may show it.
pub fn domain_name(word: &str) -> Option<&str> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.*@".contains(&octet);
    let is_name = word.len() <= LONGEST_NAME
        && word.bytes().all(plain)
        && word.split('.').all(|label| label.len() <= LONGEST_LABEL);
    is_name.then_some(word)
}

fn is_like_name(text: &str) -> bool {
    let is_joint = |c: char| !c.is_alphanumeric() && c != '-' && c != '_';
    text.len() <= LONGEST_NAME
        && !text.contains(['+', '/', '='])
        && text
            .split(is_joint)
            .all(|label| label.len() <= LONGEST_LABEL && !label.split(['-', '_']).any(is_like_base64))
}

fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN")
}

/// Whether a word looks like base64 rather than a path: at least 16 octets of the base64 alphabet, with padding or a
/// mix of letters and digits, or of 24 letters of both cases, that is rare in paths.
fn is_like_base64(word: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet);
    if word.len() < 16 || !word.bytes().all(is_plain) {
        return false;
    }
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    let has_both_cases = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let is_mixed = has_both_cases && has(u8::is_ascii_digit);
    let kind = |octet: u8| (octet.is_ascii_uppercase(), octet.is_ascii_digit());
    let changes =
        word.bytes().zip(word.bytes().skip(1)).filter(|(one, next)| kind(*one) != kind(*next)).count();
    // In random base64, about two in three characters are of another class (upper case, digit, other) than the next.
    let is_random = 5 * changes >= 2 * word.len();
    let is_long = word.len() >= 40 && !word.starts_with('/');
    // A short line of base64 may have no digit.
    let is_random_word = has_both_cases && word.len() >= 24 && (is_random || word.contains('+'));
    word.ends_with('=') || is_random_word || is_mixed && (is_random || is_long || word.contains('+'))
}

/// Converts `octets` to text, with U+FFFD for each invalid UTF-8 sequence. The text is wiped on drop, because it may
/// contain a key.
pub fn text_of(octets: &[u8]) -> Zeroizing<String> {
    let replaced = |chunk: &std::str::Utf8Chunk<'_>| if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
    let length = octets.utf8_chunks().map(|chunk| chunk.valid().len() + replaced(&chunk).len()).sum();
    // The string is allocated once, because a string that grows leaves copies in memory.
    let mut text = Zeroizing::new(String::with_capacity(length));
    for chunk in octets.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(replaced(&chunk));
    }
    text
}

/// Returns the line number, counted from 1, of the first PEM block in `octets`.
pub fn line_of_pem(octets: &[u8]) -> Option<usize> {
    let before = |at: usize| octets.get(..at).unwrap_or_default();
    let is_first_in_line = |at: &usize| {
        let start = memchr::memrchr(b'\n', before(*at)).map_or(0, |end| end + 1);
        let blank = before(*at).get(start..).unwrap_or_default();
        blank.strip_prefix(b"\xef\xbb\xbf").unwrap_or(blank).trim_ascii().is_empty()
    };
    let at = memchr::memmem::find_iter(octets, b"-----BEGIN ").find(is_first_in_line)?;
    Some(1 + memchr::memchr_iter(b'\n', before(at)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: &str = "MHcCAQEEIBx7Z0Lq3+Zb3yqQ0g6v1JmJkq3n8Qn6Fd1hB9Yx2oAoGCCqGSM49AwE";

    #[test]
    fn a_line_of_a_key_is_named_by_its_place() {
        let long = BASE64.replace('+', "x");
        for text in [BASE64, &long, "a/b", "YWJj=", "-----BEGIN EC PRIVATE KEY-----", &"a.".repeat(128)] {
            assert_eq!(Shown::name(text).at("HOST").to_string(), "HOST", "{text}");
            assert_eq!(Shown::word(text).at("--format").to_string(), "--format", "{text}");
            assert_eq!(Shown::number(text).to_string(), "this value", "{text}");
            assert_eq!(Shown::time(text).to_string(), "this value", "{text}");
            assert_eq!(domain_name(text), None, "{text}");
        }
        for path in [
            BASE64,
            &long,
            "-----BEGIN EC PRIVATE KEY-----",
            "x\nMC4CAQAwBQYDK2VwBCIEIA==\n",
            &"a".repeat(4097),
        ] {
            assert_eq!(file_name(path), "a file whose name is not shown");
        }
    }

    #[test]
    fn what_a_typing_error_gives_is_shown() {
        for name in [
            "mx_1.example",
            "a.example b.example",
            "“mx.example”",
            "bücher.example",
            "mx..example",
            "[::1]:25",
        ] {
            assert_eq!(Shown::name(name).to_string(), format!("'{name}'"));
        }
        assert_eq!(Shown::name("mx.example\r").to_string(), "'mx.example\\r'");
        assert_eq!(Shown::number("+25").to_string(), "'+25'");
        assert_eq!(Shown::time("2026-11-23T12:00:00+0100").to_string(), "'2026-11-23T12:00:00+0100'");
        for path in [
            "/etc/letsencrypt/live/mx.example/fullchain.pem",
            "/home/anna/Certificates2026/productionmailserver/current",
        ] {
            assert_eq!(file_name(path), path);
        }
        assert_eq!(domain_name("_25._tcp.mx"), Some("_25._tcp.mx"));
    }

    #[test]
    fn octets_that_are_not_text_are_replaced_as_the_library_does() {
        for octets in [&b"a\xffb\xc3"[..], b"\xf0\x9f\x98", b"", "ü\u{10ffff}".as_bytes(), b"\xed\xa0\x80x"]
        {
            assert_eq!(*text_of(octets), String::from_utf8_lossy(octets));
        }
    }

    #[test]
    fn pem_is_found_before_anything_is_copied() {
        assert_eq!(line_of_pem(b"\xff\n \t-----BEGIN PRIVATE KEY-----\n"), Some(2));
        assert_eq!(line_of_pem(b"; -----BEGIN PRIVATE KEY-----\n"), None);
    }
}
