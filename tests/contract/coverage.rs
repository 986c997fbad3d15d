//! How much of the contract was exercised: operation by status by direction.

use std::collections::BTreeSet;
use std::io::Write;

use crate::document::Document;
use crate::exchanges;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The client sent the request, and it conforms.
    Sent,
    /// The client read the answer, and understood it.
    Read,
    /// The emulator gave the answer, and it conforms.
    #[cfg(feature = "emulator")]
    Given,
}

pub type Coverage = BTreeSet<(String, u16, Direction)>;

/// Everything that the document declares, in these directions.
pub fn declared(document: &Document, directions: &[Direction]) -> Coverage {
    let mut all = Coverage::new();
    for operation in document.operations() {
        for (status, _) in operation.responses() {
            all.extend(directions.iter().map(|direction| (operation.id.to_owned(), status, *direction)));
        }
    }
    all
}

/// The difference between what is declared and what was exercised, in both directions.
pub fn gaps(declared: &Coverage, exercised: &Coverage) -> Vec<String> {
    let say = |what: &str, (operation, status, direction): &(String, u16, Direction)| {
        format!("{operation} {status}: {what} ({direction:?})")
    };
    let missing = declared.difference(exercised).map(|cell| say("not exercised", cell));
    missing.chain(exercised.difference(declared).map(|cell| say("not in the document", cell))).collect()
}

#[tokio::test]
async fn every_operation_status_and_direction_is_exercised() {
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

    let operations = document.operations().len();
    let statuses: usize = document.operations().iter().map(|operation| operation.responses().len()).sum();
    let covered = declared.intersection(&exercised).count();
    // Past the test harness, which keeps what passing tests print.
    let line = format!(
        "contract coverage: {covered} of {} ({operations} operations, {statuses} answers; {directions:?})\n",
        declared.len()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();

    assert_eq!(gaps(&declared, &exercised), Vec::<String>::new());
    assert!(covered > 0);
}
