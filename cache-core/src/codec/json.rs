//! The JSON codec: values that others can read, as far as JSON can say them.

use std::io;

use serde::{Serialize, de::DeserializeOwned};

use super::outcome::{Undecodable, Unstorable};

/// The most arrays and objects around a value that `serde_json` reads.
pub(super) const DEPTH: usize = 127;

/// Returns `value` as JSON, at most `size` bytes.
pub(super) fn write<V: Serialize>(value: &V, size: usize) -> Result<Vec<u8>, Unstorable> {
    let mut text = Bounded { bytes: Vec::new(), size, full: false };
    let written = serde_json::to_writer(&mut text, value);
    if text.full {
        return Err(Unstorable::TooLarge);
    }
    written.map_err(|_| Unstorable::NotSerializable)?;
    if nesting(&text.bytes) > DEPTH { Err(Unstorable::TooDeep) } else { Ok(text.bytes) }
}

/// Returns the value that was written as `text`, all of it.
pub(super) fn read<V: DeserializeOwned>(text: &[u8]) -> Result<V, Undecodable> {
    serde_json::from_slice(text).map_err(|_| Undecodable::Corrupt)
}

/// Returns the most arrays and objects that are open at once. Of text that is not JSON, any number.
pub(super) fn nesting(text: &[u8]) -> usize {
    let mut open: usize = 0;
    let mut most = 0;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            b'"' => pass_string(&mut bytes),
            _ => {}
        }
    }
    most
}

fn pass_string<'a>(bytes: &mut impl Iterator<Item = &'a u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// Bytes up to a number.
struct Bounded {
    bytes: Vec<u8>,
    size: usize,
    /// More were to be written.
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.size.saturating_sub(self.bytes.len()) {
            self.full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::nesting;

    #[test]
    fn only_what_is_open_at_once_counts() {
        for (text, depth) in [
            ("1", 0),
            ("[]", 1),
            ("[[], [], {\"a\": [1]}]", 3),
            (r#"["[[[[", "\"[[[[", {"[\\": "]"}]"#, 2),
            ("]]][", 1),
            ("\"[", 0),
        ] {
            assert_eq!(nesting(text.as_bytes()), depth, "{text}");
        }
    }
}
