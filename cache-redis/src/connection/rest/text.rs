//! Bytes as text, because JSON carries nothing else. Scripts turn them back, so that what is stored
//! is the same whichever way it came (`script/arguments.lua` has the Lua side).
//!
//! Most of what travels is ASCII, and stays as it is. Other bytes take two, also those that JSON would
//! write as six.

/// The characters of the bytes below 32 begin here.
const CONTROL: u32 = 0x100;

/// Returns bytes as text.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| character(*byte)).collect()
}

/// Returns the bytes of a text, or `None` where it stands for none.
pub(super) fn to_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(byte).collect()
}

fn character(byte: u8) -> char {
    match byte {
        0..0x20 => char::from_u32(CONTROL + u32::from(byte)).unwrap_or_default(),
        _ => char::from(byte),
    }
}

fn byte(character: char) -> Option<u8> {
    let code = u32::from(character);
    let control = || code.checked_sub(CONTROL).filter(|code| *code < 0x20);
    u8::try_from(code).ok().or_else(|| u8::try_from(control()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_comes_back_and_ascii_stays_as_it_is() {
        let all: Vec<u8> = (0..=255).collect();
        let text = of_bytes(&all);
        assert_eq!(to_bytes(&text).as_deref(), Some(&all[..]));
        assert!(!text.chars().any(|c| u32::from(c) < 0x20), "JSON writes none as six bytes");
        assert_eq!(text.len(), 96 + 2 * 160);
        assert_eq!(of_bytes(b"GET a:{1}"), "GET a:{1}");
    }

    #[test]
    fn a_text_of_other_characters_stands_for_no_bytes() {
        assert_eq!(to_bytes("snow \u{2603}"), None);
    }
}
