//! How much of the spec is exercised: responses in each direction, parameters, and members of request bodies.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

use crate::document::{Document, entries};
use crate::exchanges;

/// A part of an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Status(u16),
    Parameter(String),
    /// A member of the request body.
    Member(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Parameter(name) | Self::Member(name) => write!(f, "`{name}`"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The client sent the request, and it conforms.
    Sent,
    /// The client read the response correctly.
    Read,
    /// The emulator sent the response, and it conforms.
    #[cfg(feature = "emulator")]
    Given,
}

pub type Coverage = BTreeSet<(String, Part, Direction)>;

/// Parameters that the client never sends: operation, parameter, reason.
const NOT_SENT: [(&str, &str, &str); 2] = [
    ("getReports", "reportName", "how the service matches this is unknown, so the client filters by itself"),
    ("getReports", "queryId", "how the service matches this is unknown, so the client filters by itself"),
];

/// Returns everything that the spec declares, in these directions. Parameters and bodies are only sent.
pub fn declared(document: &Document, directions: &[Direction]) -> Coverage {
    let mut all = Coverage::new();
    for operation in document.operations() {
        let id = operation.id.to_owned();
        for (status, _) in operation.responses() {
            all.extend(directions.iter().map(|direction| (id.clone(), Part::Status(status), *direction)));
        }
        let parameters = operation.parameters();
        let names = parameters.iter().map(|parameter| parameter.data.name.as_str());
        let sent = names.filter(|name| !NOT_SENT.iter().any(|(of, not, _)| (*of, *not) == (&*id, *name)));
        if directions.contains(&Direction::Sent) {
            all.extend(sent.map(|name| (id.clone(), Part::Parameter(name.to_owned()), Direction::Sent)));
            let body = operation.request_schema().unwrap_or_default();
            let members = entries(&document.resolve(&body)["properties"]);
            all.extend(members.map(|(name, _)| (id.clone(), Part::Member(name.to_owned()), Direction::Sent)));
        }
    }
    all
}

/// Returns the differences between what is declared and what was exercised.
pub fn gaps(declared: &Coverage, exercised: &Coverage) -> Vec<String> {
    let gap = |what: &str, (operation, part, direction): &(String, Part, Direction)| {
        format!("{operation} {part}: {what} ({direction:?})")
    };
    let missing = declared.difference(exercised).map(|cell| gap("not exercised", cell));
    missing.chain(exercised.difference(declared).map(|cell| gap("not expected", cell))).collect()
}

#[tokio::test]
async fn every_response_and_parameter_is_exercised() {
    let document = Document::ours();
    let exercised = exchanges::coverage(&document, &exchanges::all(&document).await);
    #[cfg(not(feature = "emulator"))]
    let directions = [Direction::Sent, Direction::Read];
    #[cfg(feature = "emulator")]
    let directions = [Direction::Sent, Direction::Read, Direction::Given];
    #[cfg(feature = "emulator")]
    let exercised: Coverage =
        exercised.into_iter().chain(crate::emulator::given(&document).await.0).collect();
    let declared = declared(&document, &directions);

    let operations = document.operations();
    let responses: usize = operations.iter().map(|operation| operation.responses().len()).sum();
    let parameters: usize = operations.iter().map(|operation| operation.parameters().len()).sum();
    let mut text = format!(
        "contract coverage: {} of {} ({} operations, {responses} responses, {parameters} parameters; {directions:?})\n",
        declared.intersection(&exercised).count(),
        declared.len(),
        operations.len(),
    );
    for (operation, parameter, reason) in NOT_SENT {
        text += &format!("not sent: {operation} `{parameter}`: {reason}\n");
    }
    // Not `eprint!`, which the test harness captures.
    std::io::stderr().write_all(text.as_bytes()).unwrap();

    assert_eq!(gaps(&declared, &exercised), Vec::<String>::new());
}

#[test]
fn parameters_not_sent_are_in_the_spec() {
    let document = Document::ours();
    for (operation, parameter, _) in NOT_SENT {
        let parameters = document.operation(operation).unwrap().parameters();
        assert!(parameters.iter().any(|declared| declared.data.name == parameter), "{operation} {parameter}");
    }
}
