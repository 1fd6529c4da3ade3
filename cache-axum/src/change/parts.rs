//! The parts of a key, from JSON.

use cachery_core::CacheKey;
use serde_json::Value;

/// A part as the site of a function declares it: its name, and its type as written. What is not
/// a plain parameter has no type.
pub(crate) type Declared = (&'static str, &'static str);

/// A part that is ready to be encoded.
pub(crate) type Part = Box<dyn CacheKey + Send + Sync>;

/// The most levels of options, lists and boxes in a type.
const DEEPEST: usize = 8;

/// The reason why JSON is not a key. It has nothing of the JSON in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The type of this part has no form in JSON.
    Unknown(usize),
    /// There are more or fewer values than parts.
    Count,
    /// The value of this part is not one of its type.
    Value(usize),
}

/// Returns the parts of a key, each encoded as the function encodes its argument.
pub(crate) fn read(declared: &[Declared], values: &[Value]) -> Result<Vec<Part>, Mismatch> {
    let forms = declared
        .iter()
        .enumerate()
        .map(|(place, (_, written))| Form::of(written, DEEPEST).ok_or(Mismatch::Unknown(place)));
    let forms = forms.collect::<Result<Vec<_>, _>>()?;
    if forms.len() != values.len() {
        return Err(Mismatch::Count);
    }
    let parts = forms.iter().zip(values).enumerate();
    parts.map(|(place, (form, value))| form.read(value).ok_or(Mismatch::Value(place))).collect()
}

/// Writes parts for people: `id: u64`.
pub(crate) fn shown(declared: &[Declared]) -> Vec<String> {
    let shown = |(name, written): &Declared| {
        if written.is_empty() { (*name).to_owned() } else { format!("{name}: {written}") }
    };
    declared.iter().map(shown).collect()
}

/// The form of a value in JSON and in a key.
enum Form {
    Integer(fn(&str) -> Option<Part>),
    Bool,
    Char,
    Text,
    /// `null`, or a value.
    Option(Box<Form>),
    List(Box<Form>),
}

impl Form {
    /// Returns the form of a type, which is written without modules and lifetimes. An alias and a
    /// type of the program have none.
    fn of(written: &str, deepest: usize) -> Option<Self> {
        let written = written.trim_start_matches('&');
        let inner = |text| Self::of(text, deepest.checked_sub(1)?).map(Box::new);
        if let Some(item) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Some(Self::List(inner(item)?));
        }
        let (name, argument) = match written.split_once('<') {
            Some((name, rest)) => (name, rest.strip_suffix('>')?),
            None => (written, ""),
        };
        Some(match (name, argument) {
            (name, "") => Self::plain(name)?,
            ("Option", item) => Self::Option(inner(item)?),
            ("Vec", item) => Self::List(inner(item)?),
            ("Box" | "Arc" | "Rc" | "Cow", target) => {
                return Self::of(target, deepest.checked_sub(1)?);
            }
            _ => return None,
        })
    }

    fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "char" => Self::Char,
            "str" | "String" => Self::Text,
            "u8" => Self::Integer(integer::<u8>),
            "u16" => Self::Integer(integer::<u16>),
            "u32" => Self::Integer(integer::<u32>),
            "u64" => Self::Integer(integer::<u64>),
            "u128" => Self::Integer(integer::<u128>),
            "usize" => Self::Integer(integer::<usize>),
            "i8" => Self::Integer(integer::<i8>),
            "i16" => Self::Integer(integer::<i16>),
            "i32" => Self::Integer(integer::<i32>),
            "i64" => Self::Integer(integer::<i64>),
            "i128" => Self::Integer(integer::<i128>),
            "isize" => Self::Integer(integer::<isize>),
            _ => return None,
        })
    }

    fn read(&self, value: &Value) -> Option<Part> {
        match (self, value) {
            (Self::Integer(read), Value::Number(number)) => read(&number.to_string()),
            // JSON's own numbers end at 64 bits.
            (Self::Integer(read), Value::String(digits)) => read(digits),
            (Self::Bool, Value::Bool(value)) => Some(Box::new(*value)),
            (Self::Char, Value::String(text)) => {
                let mut chars = text.chars();
                let first = chars.next().filter(|_| chars.next().is_none())?;
                Some(Box::new(first))
            }
            (Self::Text, Value::String(text)) => Some(Box::new(text.clone())),
            (Self::Option(_), Value::Null) => Some(Box::new(None::<Part>)),
            (Self::Option(form), value) => Some(Box::new(Some(form.read(value)?))),
            (Self::List(form), Value::Array(items)) => {
                let items = items.iter().map(|item| form.read(item)).collect::<Option<Vec<_>>>()?;
                Some(Box::new(items))
            }
            _ => None,
        }
    }
}

fn integer<T: std::str::FromStr + CacheKey + Send + Sync + 'static>(digits: &str) -> Option<Part> {
    Some(Box::new(digits.parse::<T>().ok()?))
}

#[cfg(test)]
mod tests {
    use cachery_core::KeyEncoder;
    use serde_json::json;

    use super::*;

    /// Checks that JSON and the argument are one key.
    #[track_caller]
    fn same(written: &'static str, value: &Value, argument: &dyn CacheKey) {
        let parts = read(&[("a", written)], std::slice::from_ref(value)).expect(written);
        let by_json = KeyEncoder::new().arg(&parts[0]).finish();
        assert_eq!(by_json, KeyEncoder::new().arg(argument).finish(), "{written}: {value}");
    }

    #[test]
    fn json_is_encoded_as_the_argument_is() {
        same("u64", &json!(7), &7_u64);
        same("i8", &json!(-7), &-7_i8);
        same("usize", &json!(7), &7_usize);
        same("u128", &json!("340282366920938463463374607431768211455"), &u128::MAX);
        same("bool", &json!(true), &true);
        same("char", &json!("ä"), &'ä');
        same("&str", &json!("great"), &"great");
        same("String", &json!("great"), &"great".to_owned());
        same("Arc<str>", &json!("great"), &"great");
        same("Cow<str>", &json!("great"), &"great");
        same("Option<u32>", &json!(null), &None::<u32>);
        same("Option<&str>", &json!("x"), &Some("x"));
        same("Vec<u16>", &json!([1, 2]), &vec![1_u16, 2]);
        same("&[u8]", &json!([1, 2]), &[1_u8, 2].as_slice());
        same("&[String]", &json!(["a"]), &["a"].as_slice());
        same("Vec<Option<bool>>", &json!([null, true]), &vec![None, Some(true)]);
    }

    #[test]
    fn what_is_not_of_the_type_is_refused() {
        let wrong = |written: &'static str, value: Value| {
            read(&[("a", written)], &[value]).err().expect(written)
        };
        for (written, value) in [
            ("u8", json!(256)),
            ("u8", json!(-1)),
            ("u64", json!(1.5)),
            ("u64", json!(null)),
            ("&str", json!(1)),
            ("char", json!("ab")),
            ("bool", json!("true")),
            ("Vec<u8>", json!({})),
            ("Option<u8>", json!("x")),
        ] {
            assert_eq!(wrong(written, value), Mismatch::Value(0), "{written}");
        }
        for written in
            ["UserId", "", "HashMap<u8,u8>", "Option<UserId>", "Vec<", "&mut u8", "(u8,u8)"]
        {
            assert_eq!(wrong(written, json!(1)), Mismatch::Unknown(0), "{written}");
        }
        let deep = "Option<Option<Option<Option<Option<Option<Option<Option<Option<u8>>>>>>>>>";
        assert_eq!(wrong(deep, json!(1)), Mismatch::Unknown(0));
        assert_eq!(read(&[("a", "u8")], &[]).err(), Some(Mismatch::Count));
        assert!(read(&[], &[]).is_ok_and(|parts| parts.is_empty()));
    }
}
