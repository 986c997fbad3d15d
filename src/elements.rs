//! The list in an envelope, taken out of the answer while it comes in: a long one is never there as a whole.
//!
//! What is left is the envelope with an empty list, decoded like any other. An element that is not taken stays in it, and
//! with it all that follow, so that whatever does not fit the contract is found where it always is.

#[cfg(test)]
mod tests;

use std::fmt;

/// Gets an element as JSON, and says whether it took it.
type Take = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// A scanner of JSON that knows only as much of it as it takes to find where an element ends.
pub(crate) struct Elements {
    /// The member of the envelope that is the list. It may begin with a capital letter.
    list: &'static str,
    take: Take,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
    /// The latest text directly in the envelope: before a bracket, the name of the list.
    member: Vec<u8>,
    in_list: bool,
    /// The element that is coming in.
    element: Vec<u8>,
    /// How many have come to their end.
    ended: usize,
    taken: usize,
    rest: Vec<u8>,
}

impl Elements {
    pub fn new(list: &'static str, take: impl FnMut(&[u8]) -> bool + Send + 'static) -> Self {
        Self {
            list,
            take: Box::new(take),
            depth: 0,
            is_text: false,
            is_escaped: false,
            member: Vec::new(),
            in_list: false,
            element: Vec::new(),
            ended: 0,
            taken: 0,
            rest: Vec::new(),
        }
    }

    /// Goes on with the next part of the answer.
    pub fn read(&mut self, chunk: &[u8]) {
        // Bytes are copied together up to the next that parts the list from the rest, or two elements.
        let (mut copied, mut at) = (0, 0);
        loop {
            at += self.plain(&chunk[at..]);
            let Some(byte) = chunk.get(at) else { break };
            if self.ends_element(*byte) {
                self.target().extend_from_slice(&chunk[copied..at]);
                copied = at + 1;
                self.end_element(*byte);
            } else if self.begins_list(*byte) {
                self.target().extend_from_slice(&chunk[copied..=at]);
                copied = at + 1;
                self.in_list = true;
            }
            at += 1;
        }
        self.target().extend_from_slice(&chunk[copied..]);
    }

    /// The answer without what was taken, and how many elements that is.
    pub fn finish(mut self) -> (Vec<u8>, usize) {
        // Of an element that broke off.
        self.keep_element();
        (self.rest, self.taken)
    }

    /// How many bytes mean nothing. All that follows would be right without it, only slower.
    fn plain(&self, chunk: &[u8]) -> usize {
        let end = match self {
            Self { depth: 0 | 1, .. } | Self { is_escaped: true, .. } => Some(0),
            Self { is_text: true, .. } => chunk.iter().position(|byte| matches!(byte, b'"' | b'\\')),
            _ => chunk.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',')),
        };
        end.unwrap_or(chunk.len())
    }

    fn target(&mut self) -> &mut Vec<u8> {
        if self.in_list { &mut self.element } else { &mut self.rest }
    }

    fn ends_element(&self, byte: u8) -> bool {
        self.in_list && self.depth == 2 && !self.is_text && matches!(byte, b',' | b']' | b'}')
    }

    /// Goes one byte on, and says whether the list begins after it.
    fn begins_list(&mut self, byte: u8) -> bool {
        if self.is_text {
            self.step_in_text(byte);
            return false;
        }
        match byte {
            b'"' => {
                self.is_text = true;
                self.member.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        // A second list is no list of a contract, which is for the decoder to say.
        byte == b'[' && self.depth == 2 && !self.in_list && self.ended == 0 && self.is_list()
    }

    fn is_list(&self) -> bool {
        let (first, rest) = self.list.split_at(1);
        self.member
            .strip_suffix(rest.as_bytes())
            .is_some_and(|name| name.eq_ignore_ascii_case(first.as_bytes()))
    }

    fn step_in_text(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => {
                self.is_text = false;
                return;
            }
            _ => {}
        }
        // One byte more than the name is enough to tell that it is another.
        if self.depth == 1 && self.member.len() <= self.list.len() {
            self.member.push(byte);
        }
    }

    /// At the comma or bracket after an element.
    fn end_element(&mut self, byte: u8) {
        let is_last = byte != b',';
        if self.element.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            // Only `[]` may lack an element. Whatever else does is not JSON, and taking elements must not make it so.
            if !is_last || self.ended > 0 {
                self.rest.push(b',');
            }
        } else if self.taken == self.ended && (self.take)(&self.element) {
            self.taken += 1;
        } else {
            self.keep_element();
        }
        self.ended += 1;
        self.element.clear();
        if is_last {
            self.in_list = false;
            self.depth = 1;
            self.rest.push(byte);
        }
    }

    fn keep_element(&mut self) {
        if self.taken < self.ended && !self.element.is_empty() {
            self.rest.push(b',');
        }
        self.rest.append(&mut self.element);
    }
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements").field("taken", &self.taken).finish_non_exhaustive()
    }
}
