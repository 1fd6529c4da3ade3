//! Types as parts of a key: by their full names in memory, and without paths in a remote store,
//! where a name outlives the module that a type stands in.

use std::any::type_name;

use super::{
    CacheKey, KeyEncoder,
    fnv::{OFFSET_BASIS, fnv1a},
};

/// Ends a name among bytes. No text has it.
const END: [u8; 1] = [0xff];

/// The name of a type that tells one call from another. It comes before all other parts.
#[derive(Clone, Copy, Debug)]
pub struct TypeName(&'static str);

impl TypeName {
    /// Returns the name of `T`.
    #[inline]
    #[must_use]
    pub fn of<T: ?Sized>() -> Self {
        Self(type_name::<T>())
    }

    /// Returns the name of a value's type.
    #[inline]
    #[must_use]
    pub fn of_val<T: ?Sized>(_: &T) -> Self {
        Self::of::<T>()
    }
}

impl CacheKey for TypeName {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.type_name(self.0);
    }
}

/// Hashes of the types in a key, in their order.
///
/// They separate the types of programs, not hostile arguments, as the shapes of derived types do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Types {
    /// The hash of their full names.
    pub(crate) full: u64,
    /// The hash of their names without paths.
    pub(crate) short: u64,
}

impl Types {
    const NONE: Self = Self { full: OFFSET_BASIS, short: OFFSET_BASIS };

    /// Returns the types of a key that begins with these names, each after its length.
    pub(super) fn of(names: &[u8]) -> Option<Self> {
        let mut types = None;
        for_each_name(names, |name| Self::add(&mut types, name));
        types
    }

    /// Adds the name of one more type.
    pub(super) fn add(types: &mut Option<Self>, name: &str) {
        let Self { full, short } = types.get_or_insert(Self::NONE);
        *full = fnv1a(fnv1a(*full, name.as_bytes()), &END);
        pieces(name, |piece| *short = fnv1a(*short, piece));
    }
}

/// Calls `use_name` with each of the names, which stand each after its length.
pub(super) fn for_each_name(mut names: &[u8], mut use_name: impl FnMut(&str)) {
    while let Some((length, rest)) = names.split_first_chunk() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (name, rest) = rest.split_at(length.min(rest.len()));
        // They were written as text.
        use_name(str::from_utf8(name).unwrap_or_default());
        names = rest;
    }
}

/// Calls `use_piece` with the pieces of a type's name without paths, and then with its end.
///
/// Those of `alloc::vec::Vec<shop::Row>` are `Vec`, `<`, `Row` and `>`.
pub(super) fn pieces(name: &str, mut use_piece: impl FnMut(&[u8])) {
    let mut rest = name;
    while !rest.is_empty() {
        let (segment, after) = split(rest, is_of_segment);
        if !segment.is_empty()
            && let Some(path_goes_on) = after.strip_prefix("::")
        {
            rest = path_goes_on;
            continue;
        }
        let (marks, next) = split(after, |char| !is_of_segment(char));
        use_piece(segment.as_bytes());
        use_piece(marks.as_bytes());
        rest = next;
    }
    use_piece(&END);
}

/// Splits behind the leading characters that are as `is_leading` says.
fn split(text: &str, is_leading: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|char| !is_leading(char)).unwrap_or(text.len()))
}

/// Tells whether a segment of a path may have the character. Closures and impls have segments in
/// braces, and raw identifiers a `#`.
fn is_of_segment(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '{' | '}' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_paths(name: &str) -> String {
        let mut bytes = Vec::new();
        pieces(name, |piece| bytes.extend_from_slice(piece));
        assert_eq!(bytes.pop(), Some(END[0]));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_name_without_paths_keeps_all_but_the_modules() {
        for (name, short) in [
            ("u64", "u64"),
            ("shop::orders::Row", "Row"),
            ("alloc::vec::Vec<shop::Row>", "Vec<Row>"),
            ("(a::B, &mut [c::D; 3])", "(B, &mut [D; 3])"),
            ("dyn core::fmt::Display + core::marker::Send", "dyn Display + Send"),
            ("fn(a::B) -> c::D", "fn(B) -> D"),
            ("shop::f::{{closure}}::Row", "Row"),
            ("shop::f::{{closure}}", "{{closure}}"),
            ("shop::r#type::Größe", "Größe"),
            ("", ""),
        ] {
            assert_eq!(without_paths(name), short);
        }
    }

    fn types(names: &[&str]) -> Types {
        let mut types = None;
        for name in names {
            Types::add(&mut types, name);
        }
        types.unwrap()
    }

    #[test]
    fn types_are_alike_where_only_their_paths_differ() {
        let [orders, users] = [types(&["orders::Row"]), types(&["users::Row"])];
        assert_eq!(orders.short, users.short);
        assert_ne!(orders.full, users.full);
        for other in [types(&["orders::Rows"]), types(&["orders::Row", "u8"])] {
            assert_ne!(orders.short, other.short);
        }
        assert_ne!(types(&["a", "bc"]).short, types(&["ab", "c"]).short);
        assert_ne!(types(&["a", "bc"]).full, types(&["ab", "c"]).full);
    }

    #[test]
    fn hashes_of_types_are_frozen() {
        // Deployed entries are found by them.
        let Types { full, short } = types(&["shop::orders::Row", "u64"]);
        assert_eq!(format!("{full:016x} {short:016x}"), "fc2b32da57faaf7f 5afb178f85351cd2");
    }
}
