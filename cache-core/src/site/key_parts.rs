//! The parts of a site's key, as its text tells them.

use super::{Parts, Site};

/// The name and the type of a part of a key. A part that is not a parameter as it is has no type.
type Part = (&'static str, &'static str);

/// The parts of which the text does not tell.
const TYPES: Part = ("a type or a constant that tells calls apart", "");

impl Site {
    /// Returns the parts of the key, in the order of their encoding. A part that is not a parameter
    /// as it is, such as an expression of `key(..)`, has no type.
    pub fn key_parts(&self) -> Vec<Part> {
        if self.declared {
            return declared(self.key);
        }
        let (params, rest) = params(self.key);
        let mut parts: Vec<_> = split(params).into_iter().map(param).collect();
        match rest {
            "" if self.parts == Parts::OnlyParams => {}
            "" => parts.push(TYPES),
            expressions => parts.push((expressions, "")),
        }
        parts
    }
}

/// Returns the parts of a declared key: those of a tuple, else the key itself.
fn declared(key: &'static str) -> Vec<Part> {
    match key.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(types) => split(types).into_iter().map(|written| ("_", written)).collect(),
        None => vec![("_", key)],
    }
}

fn param(text: &'static str) -> Part {
    match text.split_once(':') {
        Some(("", written)) => ("_", written),
        Some(param) => param,
        None => (text, ""),
    }
}

/// Returns the text in the first parentheses, and the text after them.
fn params(key: &'static str) -> (&'static str, &'static str) {
    let mut depth = 0_usize;
    for (place, char) in key.char_indices() {
        match char {
            '(' => depth += 1,
            ')' if depth == 1 => return (&key[1..place], &key[place + 1..]),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    ("", key)
}

/// Splits at the commas that stand in no brackets.
fn split(text: &'static str) -> Vec<&'static str> {
    let mut depth = 0_usize;
    let mut previous = ' ';
    let parts = text.split(|char: char| {
        match char {
            '(' | '[' | '{' | '<' => depth += 1,
            // The arrow of a function's type ends nothing.
            '>' if previous == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = char;
        char == ',' && depth == 0
    });
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &'static str) -> Vec<Part> {
        Site::of_params("a", "shop::f", key, "u8").key_parts()
    }

    #[test]
    fn the_parts_are_the_parameters_where_the_attribute_says_so() {
        assert_eq!(of("()"), []);
        assert_eq!(of("(id:u64,text:&str)"), [("id", "u64"), ("text", "&str")]);
        assert_eq!(
            of("(pair:(u8,u8),map:BTreeMap<u8,Vec<(u8,u8)>>,:u8)"),
            [("pair", "(u8,u8)"), ("map", "BTreeMap<u8,Vec<(u8,u8)>>"), ("_", "u8")]
        );
        assert_eq!(of("(f:fn(u8)->u8,id:u64)"), [("f", "fn(u8)->u8"), ("id", "u64")]);
    }

    #[test]
    fn what_is_more_than_the_parameters_has_no_type() {
        let of = |key| Site::new("a", "shop::f", key, "u8").key_parts();
        assert_eq!(of("(id:u64)"), [("id", "u64"), TYPES]);
        assert_eq!(of("(id:u64)key(id/2)"), [("id", "u64"), ("key(id/2)", "")]);
        assert_eq!(of(""), [TYPES]);
    }

    #[test]
    fn the_parts_of_a_declared_key_are_those_of_its_tuple() {
        let of = |key| Site::named("a", "shop::A", key, "u8").declared().key_parts();
        assert_eq!(of("u64"), [("_", "u64")]);
        assert_eq!(of("(u64,Option<String>)"), [("_", "u64"), ("_", "Option<String>")]);
        assert_eq!(of("(u64,)"), [("_", "u64")]);
    }
}
