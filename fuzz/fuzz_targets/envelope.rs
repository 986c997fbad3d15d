//! The body of a 200 response: an envelope of reports or executions, which may be malformed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partner_center_insights::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    assert!(fuzzing::without_envelope(bytes).is_none_or(|status| status >= 400));
    for read in [fuzzing::reports, fuzzing::executions] {
        match read(bytes) {
            // Every error can be printed on one line.
            Err(error) => {
                let line = error.to_string();
                assert!(!line.contains(char::is_control), "{line:?}");
                assert!(error.status().is_some(), "no status: {line}");
            }
            // Every warning can be printed on one line too, and there are no more elements than bytes.
            Ok((elements, warnings)) => {
                assert!(elements <= bytes.len());
                for line in warnings.iter().map(ToString::to_string) {
                    assert!(!line.is_empty() && !line.contains(char::is_control), "{line:?}");
                    assert!(line.chars().count() <= 420, "too long: {line:?}");
                }
            }
        }
    }
});
