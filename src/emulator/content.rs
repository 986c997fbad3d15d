//! Contents of stored files, generated while they are sent, so that a file may have any size.

use std::ops::Range;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compress, Compression, Crc, FlushCompress};
use futures_util::stream;

use super::table::Table;

/// Rows are generated in blocks of this many.
const ROWS: u64 = 1000;
/// The header of a gzip file: no name, no time, an unknown system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// Larger files have no checksum, because it would have to be computed first.
const MAX_MD5: u64 = 4 << 20;

/// A stored file: a start, a repeated block, and an end.
#[derive(Clone)]
pub(super) struct Content {
    start: Bytes,
    block: Bytes,
    blocks: u64,
    end: Bytes,
}

/// The parts of a file before compression: the column names, a block of rows, and the rows after the last block.
struct Text {
    header: String,
    block: String,
    blocks: u64,
    rest: String,
}

impl Content {
    /// Creates a file of about `size` bytes before compression: whole blocks, and at least one, unless the query has a
    /// lower `LIMIT`.
    pub fn new(table: &Table<'_>, size: u64, is_gzip: bool) -> Self {
        let block = table.rows(ROWS);
        let wanted = (size / block.len() as u64).max(1);
        let limit = table.limit().unwrap_or(u64::MAX);
        let blocks = wanted.min(limit / ROWS);
        let rest = table.rows(if blocks < wanted { limit % ROWS } else { 0 });
        Self::of(&Text { header: table.header(), block, blocks, rest }, is_gzip)
    }

    /// Creates a file without rows.
    pub fn header_only(table: &Table<'_>, is_gzip: bool) -> Self {
        let (block, rest) = (String::new(), String::new());
        Self::of(&Text { header: table.header(), block, blocks: 0, rest }, is_gzip)
    }

    fn of(text: &Text, is_gzip: bool) -> Self {
        if is_gzip {
            return Self::gzip(text);
        }
        let [start, block, end] =
            [&text.header, &text.block, &text.rest].map(|part| Bytes::copy_from_slice(part.as_bytes()));
        Self { start, block, blocks: text.blocks, end }
    }

    /// Creates one gzip member (RFC 1952), whose blocks are independent of each other.
    fn gzip(text: &Text) -> Self {
        let (mut checksum, mut of_block) = (Crc::new(), Crc::new());
        checksum.update(text.header.as_bytes());
        of_block.update(text.block.as_bytes());
        (0..text.blocks).for_each(|_| checksum.combine(&of_block));
        checksum.update(text.rest.as_bytes());
        let start = [&GZIP_HEAD, &*deflate(&text.header, FlushCompress::Full)].concat();
        let end = deflate(&text.rest, FlushCompress::Finish);
        let end = [&*end, &checksum.sum().to_le_bytes(), &checksum.amount().to_le_bytes()].concat();
        let block = deflate(&text.block, FlushCompress::Full);
        Self { start: start.into(), block: block.into(), blocks: text.blocks, end: end.into() }
    }

    pub fn length(&self) -> u64 {
        (self.start.len() + self.end.len()) as u64 + self.blocks * self.block.len() as u64
    }

    /// Returns the bytes from a position to the end of the block that it is in.
    fn at(&self, position: u64) -> Bytes {
        let start = self.start.len() as u64;
        let offset = |position: u64| usize::try_from(position).unwrap_or_default();
        let body = self.blocks * self.block.len() as u64;
        match position.checked_sub(start) {
            None => self.start.slice(offset(position)..),
            Some(position) if position < body => {
                self.block.slice(offset(position % self.block.len() as u64)..)
            }
            Some(position) => self.end.slice(offset(position - body).min(self.end.len())..),
        }
    }

    /// Sends a part of the bytes, and fails after `cut` bytes.
    pub fn body(&self, part: Range<u64>, cut: u64) -> Body {
        let cut = part.start.saturating_add(cut);
        let unfold = stream::try_unfold((self.clone(), part.start), move |(content, position)| async move {
            if position >= part.end {
                return Ok(None);
            }
            if position >= cut {
                // The server flushes what it has while the body is pending.
                tokio::task::yield_now().await;
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted));
            }
            let mut bytes = content.at(position);
            bytes.truncate(usize::try_from(part.end.min(cut) - position).unwrap_or(usize::MAX));
            let next = position + bytes.len() as u64;
            Ok(Some((bytes, (content, next))))
        });
        Body::from_stream(unfold)
    }

    pub fn md5(&self, is_wrong: bool) -> Option<HeaderValue> {
        if self.length() > MAX_MD5 {
            return None;
        }
        let mut md5 = md5::Context::new();
        md5.consume(&self.start);
        (0..self.blocks).for_each(|_| md5.consume(&self.block));
        md5.consume(&self.end);
        if is_wrong {
            md5.consume(b"something else");
        }
        HeaderValue::from_str(&BASE64_STANDARD.encode(md5.finalize().0)).ok()
    }
}

/// Compresses a text to deflate blocks.
fn deflate(text: &str, flush: FlushCompress) -> Vec<u8> {
    // Enough for any text, even one that does not compress.
    let mut blocks = Vec::with_capacity(text.len() + 64);
    // Cannot fail while the capacity suffices.
    let _ = Compress::new(Compression::default(), false).compress_vec(text.as_bytes(), &mut blocks, flush);
    blocks
}
