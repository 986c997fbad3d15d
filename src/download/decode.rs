//! Decompresses a file while it is received.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

/// Number of stored bytes that are decompressed at a time. They may expand a thousandfold.
const STEP: usize = 4 << 10;
/// Number of decompressed bytes after which a part is returned.
const PART: usize = 64 << 10;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Decompresses gzip, and passes everything else through unchanged. Detects gzip by the first bytes, because the
/// headers of stores are unreliable, and no text starts with these bytes.
pub(super) struct Decoder {
    /// Stored bytes that have not been decoded.
    stored: Bytes,
    state: State,
    is_ended: bool,
}

enum State {
    /// Fewer than two bytes were received.
    Undecided(Vec<u8>),
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Decoder {
    pub fn new() -> Self {
        Self { stored: Bytes::new(), state: State::Undecided(Vec::new()), is_ended: false }
    }

    pub fn raw() -> Self {
        Self { state: State::Plain, ..Self::new() }
    }

    /// Adds stored bytes. All decoded parts of the earlier ones must have been read.
    pub fn feed(&mut self, stored: Bytes) {
        self.stored = stored;
        if let State::Undecided(start) = &mut self.state {
            start.extend_from_slice(&self.stored);
            if start.len() >= GZIP_MAGIC.len() {
                self.decide();
            } else {
                self.stored = Bytes::new();
            }
        }
    }

    /// Marks the end of the stored bytes.
    pub fn end(&mut self) {
        self.is_ended = true;
        self.decide();
    }

    fn decide(&mut self) {
        if let State::Undecided(start) = &mut self.state {
            self.stored = std::mem::take(start).into();
            self.state = if is_gzip(&self.stored) {
                State::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
            } else {
                State::Plain
            };
        }
    }

    /// Returns the next decoded part, or `None` if more stored bytes are needed.
    pub fn next(&mut self) -> io::Result<Option<Bytes>> {
        let State::Gzip(decoder) = &mut self.state else {
            return Ok(Some(std::mem::take(&mut self.stored)).filter(|part| !part.is_empty()));
        };
        while !self.stored.is_empty() && decoder.get_ref().len() < PART {
            let step = self.stored.split_to(self.stored.len().min(STEP));
            decoder.write_all(&step)?;
        }
        if self.is_ended && self.stored.is_empty() {
            // Verifies the length and the checksum of the last member.
            decoder.try_finish()?;
        }
        Ok(Some(Bytes::from(std::mem::take(decoder.get_mut()))).filter(|part| !part.is_empty()))
    }
}

/// Whether a file that starts with these bytes is compressed.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&GZIP_MAGIC)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Decodes bytes that are fed in parts of this size.
    fn decode(mut decoder: Decoder, stored: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for part in stored.chunks(size) {
            decoder.feed(Bytes::copy_from_slice(part));
            while let Some(part) = decoder.next()? {
                text.extend(part);
            }
        }
        decoder.end();
        while let Some(part) = decoder.next()? {
            text.extend(part);
        }
        Ok(text)
    }

    #[test]
    fn gzip_is_decompressed_in_parts_of_any_size() {
        let text = b"Month,Customer\r\n".repeat(20_000);
        for size in [1, 2, 3, 1000, 1 << 20] {
            assert_eq!(decode(Decoder::new(), &gzip(&text), size).unwrap(), text, "{size}");
        }
    }

    #[test]
    fn several_gzip_members_are_one_file() {
        let stored = [gzip(b"first,"), gzip(b"second")].concat();
        assert_eq!(decode(Decoder::new(), &stored, 7).unwrap(), b"first,second");
    }

    #[test]
    fn plain_files_are_unchanged() {
        for text in [&b""[..], b"M", b"Month\n", b"\x1fMonth"] {
            assert_eq!(decode(Decoder::new(), text, 1).unwrap(), text);
        }
        assert_eq!(decode(Decoder::raw(), &gzip(b"text"), 5).unwrap(), gzip(b"text"));
    }

    #[test]
    fn truncated_gzip_is_an_error() {
        let stored = gzip(&b"Month,Customer\r\n".repeat(1000));
        for length in [3, 12, stored.len() / 2, stored.len() - 9, stored.len() - 1] {
            decode(Decoder::new(), &stored[..length], 100).unwrap_err();
        }
    }

    #[test]
    fn wrong_checksum_is_an_error() {
        let mut stored = gzip(b"Month,Customer\r\n");
        let checksum = stored.len() - 8;
        stored[checksum] ^= 1;
        decode(Decoder::new(), &stored, 100).unwrap_err();
    }
}
