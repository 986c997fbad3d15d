//! Parsers for flag values.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use partner_center_insights::emulator::Scenario;
use partner_center_insights::{ExecutionStatus, Program, ReportStatus};

pub fn program() -> impl TypedValueParser<Value = Program> {
    let values = Program::ALL.iter().map(|program| {
        PossibleValue::new(program.as_str()).help(match program {
            Program::Mpn => "partner insights",
            _ => "commercial marketplace",
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Program>())
}

pub fn report_status() -> impl TypedValueParser<Value = ReportStatus> {
    lowercase(ReportStatus::KNOWN.iter().map(ReportStatus::as_str)).map(|name| ReportStatus::from(&*name))
}

pub fn execution_status() -> impl TypedValueParser<Value = ExecutionStatus> {
    lowercase(ExecutionStatus::KNOWN.iter().map(ExecutionStatus::as_str))
        .map(|name| ExecutionStatus::from(&*name))
}

pub fn scenario() -> impl TypedValueParser<Value = Scenario> {
    lowercase(Scenario::ALL.iter().map(|scenario| scenario.as_str())).try_map(|name| {
        let known = Scenario::ALL.iter().copied().find(|scenario| scenario.as_str() == name);
        known.ok_or("unknown scenario")
    })
}

fn lowercase<'a>(names: impl Iterator<Item = &'a str>) -> PossibleValuesParser {
    PossibleValuesParser::new(names.map(str::to_lowercase).collect::<Vec<_>>())
}

/// Parses seconds, or a number with the unit s, m or h.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let expected = "expected a time of up to 24h, e.g. 90s, 5m or 1h";
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds_per_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(expected),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds_per_unit));
    seconds.filter(|seconds| *seconds <= 86_400).map(Duration::from_secs).ok_or(expected)
}

/// Parses an address; a port alone, or of `localhost`, is that of this machine.
pub fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.strip_prefix("localhost:").unwrap_or(text).parse().ok();
    let local = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    local.or(text.parse().ok()).ok_or("expected an address and port, e.g. 127.0.0.1:8080, or 8080")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_a_number_with_an_optional_unit() {
        for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("24h", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn duration_rejects_other_text() {
        for bad in ["", "s", "1d", "-1s", "1.5s", "25h", "99999999999999999999s", "ä"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn listen_accepts_a_port_alone() {
        for text in ["8080", "localhost:8080", "127.0.0.1:8080"] {
            assert_eq!(listen(text), Ok(SocketAddr::from(([127, 0, 0, 1], 8080))), "{text}");
        }
        assert_eq!(listen("[::1]:0").map(|address| address.is_ipv6()), Ok(true));
        for bad in ["", "localhost", "service.example:80", "65536"] {
            assert!(listen(bad).is_err(), "{bad}");
        }
    }
}
