//! The envelope of every response, which replaces the generated ones. The file depends only on serde, so that the
//! benchmarks can include it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

/// An envelope: the elements, and all other members unchanged, because some may be unknown.
#[derive(Debug)]
pub struct Envelope<T> {
    /// The elements. `None` if `value` is null or absent.
    pub value: Option<Vec<T>>,
    /// Whether there is a `value`, even null.
    pub has_value: bool,
    /// All other members that are not null, including duplicates.
    pub members: Vec<(Cow<'static, str>, Value)>,
}

impl<T> Envelope<T> {
    /// Returns the values of the members with one of these names, which are in lower case and without punctuation:
    /// `nextlink` also matches `@odata.nextLink`.
    pub fn all<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a Value> {
        self.members.iter().filter(|(name, _)| is_one_of(name, names)).map(|(_, value)| value)
    }
}

/// Whether a name is one of `names`, ignoring case, punctuation and the prefix of OData.
pub fn is_one_of(name: &str, names: &[&str]) -> bool {
    let name = without_prefix(name);
    names.iter().any(|wanted| plain_chars(name).eq(wanted.bytes()))
}

/// Returns a name in lower case, without punctuation and the prefix of OData.
pub fn plain_name(name: &str) -> String {
    plain_chars(without_prefix(name)).map(char::from).collect()
}

/// `value@odata.nextLink` annotates the value.
fn without_prefix(name: &str) -> &str {
    let name = name.rsplit('@').next().unwrap_or_default();
    name.strip_prefix("odata").unwrap_or(name)
}

fn plain_chars(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
}

impl<'de, T: Deserialize<'de> + PartialEq> Deserialize<'de> for Envelope<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor(PhantomData))
    }
}

struct EnvelopeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + PartialEq> Visitor<'de> for EnvelopeVisitor<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope { value: None, has_value: false, members: Vec::new() };
        while let Some(Name(name)) = map.next_key()? {
            if matches!(&*name, "value" | "Value") {
                let value = map.next_value()?;
                envelope.has_value = true;
                match (&envelope.value, value) {
                    (None, value) => envelope.value = value,
                    // A service may send both spellings. If the lists differ, either may be right.
                    (Some(first), Some(second)) if *first != second => {
                        return Err(Error::custom("duplicate `value` with different elements"));
                    }
                    (Some(_), _) => {}
                }
            } else {
                let Plain(value) = map.next_value()?;
                if !value.is_null() {
                    envelope.members.push((name, value));
                }
            }
        }
        Ok(envelope)
    }
}

/// The name of a member. Known names are not allocated.
struct Name(Cow<'static, str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
                const USUAL: [&str; 12] = [
                    "value",
                    "Value",
                    "totalCount",
                    "TotalCount",
                    "message",
                    "Message",
                    "statusCode",
                    "StatusCode",
                    "nextLink",
                    "NextLink",
                    "dataRedacted",
                    "DataRedacted",
                ];
                let usual = USUAL.into_iter().find(|usual| *usual == name);
                Ok(Name(usual.map_or_else(|| name.to_owned().into(), Cow::Borrowed)))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Any JSON value. Values below the maximum depth become null, so that the stack does not overflow.
#[derive(Debug, PartialEq)]
pub struct Plain(pub Value);

const MAX_DEPTH: usize = 32;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PlainSeed(MAX_DEPTH).deserialize(deserializer).map(Self)
    }
}

struct PlainSeed(usize);

impl<'de> DeserializeSeed<'de> for PlainSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0 == 0 {
            return IgnoredAny::deserialize(deserializer).map(|_| Value::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PlainSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(PlainSeed(self.0 - 1))? {
            elements.push(element);
        }
        Ok(elements.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            object.insert(name, map.next_value_seed(PlainSeed(self.0 - 1))?);
        }
        Ok(object.into())
    }
}
