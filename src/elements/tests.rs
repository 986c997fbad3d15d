use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Elements;

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// What is taken of a text that comes in chunks of such sizes, and what is left, if `wants` decides.
fn split(text: &[u8], sizes: &[usize], wants: fn(&[u8]) -> bool) -> (Vec<String>, String) {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let keep = taken.clone();
    let mut elements = Elements::new("value", move |json| {
        let wanted = wants(json);
        if wanted {
            keep.lock().unwrap().push(String::from_utf8_lossy(json).trim().to_owned());
        }
        wanted
    });
    let mut left = text;
    for size in sizes {
        let (chunk, rest) = left.split_at((*size).min(left.len()));
        elements.read(chunk);
        left = rest;
    }
    elements.read(left);
    let (rest, count) = elements.finish();
    let taken = taken.lock().unwrap().clone();
    assert_eq!(taken.len(), count);
    (taken, String::from_utf8_lossy(&rest).into_owned())
}

fn is_small(json: &[u8]) -> bool {
    is_json(json) && json.trim_ascii().len() < 12
}

#[test]
fn elements_of_the_list_are_taken_and_the_envelope_is_left() {
    for (text, taken, rest) in [
        (
            r#"{"value":[{"a":1},{"b":[2,3]}],"n":2}"#,
            &[r#"{"a":1}"#, r#"{"b":[2,3]}"#][..],
            r#"{"value":[],"n":2}"#,
        ),
        (r#"{"n":0, "Value" : [ 1 , "]" ]}"#, &["1", r#""]""#], r#"{"n":0, "Value" : []}"#),
        (r#"{"value":["\"],[",2]}"#, &[r#""\"],[""#, "2"], r#"{"value":[]}"#),
        (r#"{"value":["\\",2]}"#, &[r#""\\""#, "2"], r#"{"value":[]}"#),
        (r#"{"value":[ ]}"#, &[], r#"{"value":[]}"#),
        (r#"{"value":null}"#, &[], r#"{"value":null}"#),
        // Lists that are none of ours.
        (r#"{"values":[1]}"#, &[], r#"{"values":[1]}"#),
        (r#"{"a":{"value":[1]}}"#, &[], r#"{"a":{"value":[1]}}"#),
        (r#"[{"value":[1]}]"#, &[], r#"[{"value":[1]}]"#),
        ("[[1]]", &[], "[[1]]"),
        (r#"{"a":"value","b":[1]}"#, &[], r#"{"a":"value","b":[1]}"#),
        (r#"{"VALUE":[1]}"#, &[], r#"{"VALUE":[1]}"#),
        // A second list is for the decoder to complain of.
        (r#"{"value":[1],"Value":[2]}"#, &["1"], r#"{"value":[],"Value":[2]}"#),
        (r#"{"value":[],"value":[]}"#, &[], r#"{"value":[],"value":[]}"#),
        // What is not wanted stays, with all that follows.
        (r#"{"value":[1,"too long for me",2]}"#, &["1"], r#"{"value":["too long for me",2]}"#),
    ] {
        for sizes in [&[][..], &[1; 40], &[7; 6]] {
            let (was_taken, was_left) = split(text.as_bytes(), sizes, is_small);
            assert_eq!(
                (was_taken.iter().map(String::as_str).collect::<Vec<_>>(), was_left.as_str()),
                (taken.to_vec(), rest)
            );
        }
    }
}

#[test]
fn what_breaks_off_or_is_no_json_does_not_become_json() {
    for text in [
        r#"{"value":[1,2"#,
        r#"{"value":[1,"2]}"#,
        r#"{"value":[1,]}"#,
        r#"{"value":[,1]}"#,
        r#"{"value":[,]}"#,
        r#"{"value":[1,,2]}"#,
        r#"{"value":[1 2]}"#,
        "{\"value\":[\u{c}]}",
        r#"{"value":[1}"#,
        r#"{"value":[1]"#,
        r#"{"value":[1]]}"#,
        r#"}{"value":[1]}"#,
    ] {
        assert!(!is_json(text.as_bytes()));
        let (taken, rest) = split(text.as_bytes(), &[], is_small);
        assert!(!is_json(rest.as_bytes()), "{text} became {rest}, without {taken:?}");
    }
}

/// Envelopes, and what is nearly one.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("\"value\"".to_owned()),
        Just("\"Value\":[".to_owned()),
        Just("{\"value\":[".to_owned()),
        Just("],\"n\":1}".to_owned()),
        "[{}\\[\\]\":,\\\\ \n\u{c}1a]{1,3}",
        "\"[a-z,\\[\\]{}é]{0,4}\"",
        "(true|null|-?[1-9]{1,3})",
        Just(",".to_owned()),
    ];
    proptest::collection::vec(word, 0..20).prop_map(|words| words.concat().into_bytes())
}

/// An envelope, read as the generated ones are.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
struct Numbers {
    #[serde(alias = "Value")]
    value: Option<Vec<u8>>,
    n: Option<Value>,
}

/// Members of an envelope, some of them twice.
fn members() -> impl Strategy<Value = Vec<(String, Value)>> {
    let list =
        proptest::collection::vec(prop_oneof![9 => (0..256).prop_map(Value::from), 1 => values()], 0..4);
    let value = prop_oneof![4 => list.prop_map(Value::from), 1 => values()];
    proptest::collection::vec(("(value|Value|VALUE|n)", value), 0..4)
}

/// Any JSON that is not deep.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "[a-z\"\\\\,\\[\\]{}é\n]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("(value|a|\\PC)", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn json_stays_json_and_what_is_none_stays_none(text in texts(), sizes in proptest::collection::vec(0_usize..9, 0..9)) {
        let (taken, rest) = split(&text, &sizes, is_json);
        prop_assert_eq!(is_json(&text), is_json(rest.as_bytes()), "{} without {:?}", rest, taken);
    }

    #[test]
    fn what_is_read_element_by_element_is_what_is_read_as_a_whole(members in members()) {
        let text: Vec<_> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        let text = format!("{{{}}}", text.join(","));
        let is_number = |json: &[u8]| serde_json::from_slice::<u8>(json).is_ok();
        let (taken, rest) = split(text.as_bytes(), &[], is_number);
        let whole: Option<Numbers> = serde_json::from_str(&text).ok();
        let mut parts: Option<Numbers> = serde_json::from_str(&rest).ok();
        if let Some(list) = parts.as_mut().and_then(|parts| parts.value.as_mut()) {
            list.splice(0..0, taken.iter().map(|json| json.parse().unwrap()));
        }
        prop_assert_eq!(whole, parts, "{} became {}", text, rest);
    }

    #[test]
    fn nothing_is_lost_or_changed(
        list in proptest::collection::vec(values(), 0..6),
        others in values(),
        sizes in proptest::collection::vec(0_usize..9, 0..9),
    ) {
        let whole = serde_json::json!({ "a": others, "value": list, "z": others });
        let (taken, rest) = split(whole.to_string().as_bytes(), &sizes, is_small);
        let mut rest: Value = serde_json::from_str(&rest).unwrap();
        let mut all: Vec<Value> = taken.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
        all.append(rest["value"].as_array_mut().unwrap());
        rest["value"] = all.into();
        prop_assert_eq!(rest, whole);
    }
}
