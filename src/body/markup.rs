//! Extracts code and message of a web page or an XML document.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

use crate::text::one_line;

/// The code and the message of a document.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub is_html: bool,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// Whether a text is HTML or XML, not JSON or plain text.
pub(crate) fn is_markup(text: &str) -> bool {
    text.trim_start().trim_start_matches('\u{feff}').starts_with('<')
}

/// HTML elements whose text is not part of the message.
const HIDDEN: [&str; 8] = ["script", "style", "noscript", "template", "svg", "math", "textarea", "iframe"];
/// Root elements that identify HTML without a doctype.
const HTML: [&str; 14] = [
    "html", "head", "title", "body", "script", "style", "h1", "h2", "p", "meta", "div", "center", "table",
    "span",
];
const CODES: [&str; 5] = ["code", "errorcode", "faultcode", "error_code", "status"];
/// In the order of preference.
const MESSAGES: [&str; 12] = [
    "message",
    "errormessage",
    "faultstring",
    "exceptionmessage",
    "description",
    "error_description",
    "detail",
    "reason",
    "text",
    "title",
    "string",
    "error",
];

/// Reads a document. The message of a web page is its title, its headings or its whole text, with a reference id if it
/// has one; an XML document has separate elements for code and message.
pub(crate) fn read(text: &str) -> Page {
    let mut emitter = DefaultEmitter::default();
    // Scripts, styles and titles contain no tags, only text.
    emitter.naively_switch_states(true);
    let mut texts = Texts::default();
    let tokens = Tokenizer::new_with_emitter(text, emitter);
    for Ok(token) in tokens {
        match token {
            Token::Doctype(doctype) => texts.is_html |= doctype.name.eq_ignore_ascii_case(b"html"),
            Token::StartTag(tag) => texts.open(&tag.name, tag.self_closing),
            Token::EndTag(tag) => texts.close(&tag.name),
            Token::String(text) => texts.add(&String::from_utf8_lossy(&text)),
            Token::Comment(comment) => {
                let comment = String::from_utf8_lossy(&comment);
                // HTML parsers read the CDATA sections of XML as comments.
                if let Some(data) = comment.strip_prefix("[CDATA[") {
                    texts.add(data.strip_suffix("]]").unwrap_or(data));
                }
            }
            Token::Error(_) => {}
        }
    }
    texts.into_page()
}

/// The texts of a document, each with the name of its element.
#[derive(Default)]
struct Texts {
    is_html: bool,
    open: Vec<String>,
    /// The index in `open` of the outermost hidden element.
    hidden: Option<usize>,
    texts: Vec<(String, String)>,
}

impl Texts {
    fn open(&mut self, name: &[u8], self_closing: bool) {
        let name = local_name(name);
        self.is_html |= self.open.is_empty() && HTML.contains(&&*name);
        if self_closing || (self.is_html && ["br", "meta", "link", "img", "input", "hr"].contains(&&*name)) {
            // These elements separate words.
            self.texts.push((String::new(), String::new()));
            return;
        }
        if self.hidden.is_none() && self.is_html && HIDDEN.contains(&&*name) {
            self.hidden = Some(self.open.len());
        }
        self.texts.push((name.clone(), String::new()));
        self.open.push(name);
    }

    fn close(&mut self, name: &[u8]) {
        let name = local_name(name);
        // Unclosed elements end with their parent.
        if let Some(at) = self.open.iter().rposition(|open| *open == name) {
            self.open.truncate(at);
            self.hidden = self.hidden.filter(|hidden| *hidden < at);
        }
        self.texts.push((self.open.last().cloned().unwrap_or_default(), String::new()));
    }

    fn add(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        match self.texts.last_mut() {
            Some((_, last)) => last.push_str(text),
            None => self.texts.push((String::new(), text.to_owned())),
        }
    }

    fn into_page(self) -> Page {
        let texts: Vec<_> = self.texts.iter().map(|(name, text)| (&**name, one_line(text, 300))).collect();
        let texts: Vec<_> = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        let first =
            |wanted: &str| texts.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.clone());
        let words = || texts.iter().map(|(_, text)| &**text).collect::<Vec<_>>().join(" ");
        let (code, message) = if self.is_html {
            let headings = || texts.iter().filter(|(name, _)| matches!(*name, "h1" | "h2"));
            let headings = headings().map(|(_, text)| &**text).take(2).collect::<Vec<_>>().join(": ");
            let headings = Some(headings).filter(|summary| !summary.is_empty());
            let summary = match (first("title"), headings) {
                // A short title, such as `Error`, is not informative.
                (Some(title), Some(more)) if title.split(' ').count() < 3 && !more.contains(&title) => {
                    Some(format!("{title}: {more}"))
                }
                (title, headings) => title.or(headings),
            };
            let body = words();
            let summary = summary.unwrap_or_else(|| one_line(&body, 200));
            let reference = reference(&body).filter(|id| !summary.contains(id));
            (None, reference.map_or(summary.clone(), |id| format!("{summary} (reference {id})")))
        } else {
            let code = CODES.iter().find_map(|name| first(name)).map(|code| one_line(&code, 60));
            let summary = MESSAGES.iter().find_map(|name| first(name));
            let words = || if code.is_some() { String::new() } else { words() };
            (code.clone(), summary.unwrap_or_else(words))
        };
        let message = Some(one_line(&message, super::MESSAGE_LIMIT)).filter(|message| !message.is_empty());
        Page { is_html: self.is_html, code, message }
    }
}

/// Returns a name in lower case, without its namespace.
fn local_name(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Returns the id by which the operator of a gateway can find the request.
fn reference(words: &str) -> Option<String> {
    const LABELS: [&str; 14] = [
        "ref a",
        "reference id",
        "reference number",
        "reference #",
        "reference",
        "request id",
        "requestid",
        "error reference",
        "ray id",
        "support id",
        "incident id",
        "tracking id",
        "trace id",
        "correlation id",
    ];
    let lower = words.to_ascii_lowercase();
    LABELS.iter().find_map(|label| {
        let after = lower.find(label)? + label.len();
        let rest = words[after..].trim_start_matches(|c: char| c.is_whitespace() || ":#=".contains(c));
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(rest.len());
        let id = rest[..end].trim_end_matches('.');
        (id.len() >= 6 && id.contains(|c: char| c.is_ascii_digit())).then(|| id.to_owned())
    })
}
