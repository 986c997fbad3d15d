//! Reads files and standard input, in the encodings that common tools write.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::WINDOWS_1252;

/// Reads a file, or standard input if its name is `-`: UTF-8, UTF-16 or ANSI, without a byte order mark.
pub async fn read_file(file: &Path) -> io::Result<String> {
    let file = file.to_owned();
    blocking(move || {
        let mut bytes = Vec::new();
        if file.as_os_str() == "-" {
            io::stdin().read_to_end(&mut bytes)?;
        } else {
            bytes = fs::read(file)?;
        }
        decode(bytes)
    })
    .await
}

/// Reads a line from standard input.
pub async fn read_line() -> io::Result<String> {
    blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    })
    .await
}

/// Reads on another thread, so that Ctrl-C works meanwhile. The thread may outlive the future.
async fn blocking(read: impl FnOnce() -> io::Result<String> + Send + 'static) -> io::Result<String> {
    tokio::task::spawn_blocking(read).await?
}

/// Returns the name of the file for messages.
pub fn name(file: &Path) -> Cow<'_, str> {
    if file.as_os_str() == "-" { "standard input".into() } else { file.to_string_lossy() }
}

/// Decodes UTF-8, UTF-16 (written by `>` in PowerShell 5.1) or ANSI. UTF-16 without a byte order mark is recognized by
/// its zero bytes.
fn decode(bytes: Vec<u8>) -> io::Result<String> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(invalid("an Excel workbook or another archive; save it as CSV or text"));
    }
    let zeros = |parity| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let unit = match (&*bytes, zeros(0), zeros(1)) {
        ([0xff, 0xfe, ..], ..) => u16::from_le_bytes,
        ([0xfe, 0xff, ..], ..) => u16::from_be_bytes,
        (_, even, odd) if odd > even => u16::from_le_bytes,
        (_, even, odd) if even > odd => u16::from_be_bytes,
        _ => {
            // Invalid UTF-8 is read as ANSI, which `Set-Content` and `Export-Csv` of PowerShell 5.1 write.
            let text =
                String::from_utf8(bytes).map_err(|error| WINDOWS_1252.decode(error.as_bytes()).0.into());
            return Ok(without_mark(&text.unwrap_or_else(|ansi: String| ansi)));
        }
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<_> = pairs.iter().map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(without_mark(&text)),
        _ => Err(invalid("damaged UTF-16")),
    }
}

fn without_mark(text: &str) -> String {
    text.trim_start_matches('\u{feff}').to_owned()
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// Removes whitespace, invisible characters and a pair of quotes around a value.
pub fn unquoted(text: &str) -> &str {
    let text = text.trim_matches(is_blank);
    let quotes = ['"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];
    let bare = text.strip_prefix(quotes).and_then(|text| text.strip_suffix(quotes));
    bare.map_or(text, |bare| bare.trim_matches(is_blank))
}

/// Whether a character is invisible: whitespace, control characters, byte order marks, zero-width spaces.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_with_and_without_a_mark() {
        let wide = |swap: bool, mark: &str| -> Vec<u8> {
            let units = format!("{mark}é1\r\n").encode_utf16().collect::<Vec<_>>();
            units.iter().flat_map(|u| if swap { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        for mark in ["", "\u{feff}"] {
            assert_eq!(decode(wide(false, mark)).ok().as_deref(), Some("é1\r\n"));
            assert_eq!(decode(wide(true, mark)).ok().as_deref(), Some("é1\r\n"));
            assert_eq!(decode(format!("{mark}é1\r\n").into_bytes()).ok().as_deref(), Some("é1\r\n"));
        }
        assert_eq!(decode(Vec::new()).ok().as_deref(), Some(""));
        assert!(decode(b"\xff\xfea".to_vec()).is_err());
        assert!(decode(b"PK\x03\x04\x14\0".to_vec()).is_err_and(|error| error.to_string().contains("CSV")));
        assert_eq!(decode(b"caf\xe9".to_vec()).ok().as_deref(), Some("caf\u{e9}"));
    }
}
