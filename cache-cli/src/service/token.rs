//! The token for the routes. It is never an argument: those are seen by every user of a machine.

use std::{fs, path::Path};

/// The token for the routes of a service. It has no `Debug`, because it is a secret.
pub(crate) struct Token(String);

impl Token {
    /// Returns the token in `file`, else that in `CACHERY_TOKEN`, if there is one.
    pub(crate) fn find(file: Option<&Path>) -> Result<Option<Self>, String> {
        let text = match file {
            Some(path) => Some(fs::read_to_string(path).map_err(|error| {
                format!("the file of the token, {}, cannot be read: {error}", path.display())
            })?),
            None => std::env::var("CACHERY_TOKEN").ok(),
        };
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(Self::of).transpose()
    }

    /// Checks that `text` can stand in a header.
    fn of(text: &str) -> Result<Self, String> {
        if text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            Ok(Self(text.to_owned()))
        } else {
            Err("the token has a space, a line end or a letter beyond ASCII in it: see what \
                 CACHERY_TOKEN or the file holds"
                .to_owned())
        }
    }

    /// Returns the value of the header `Authorization`.
    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_not_repeated() {
        assert_eq!(Token::of("abc").map(|token| token.header()), Ok("Bearer abc".to_owned()));
        let error = Token::of("hunter2 x").err().expect("it has a space");
        assert!(!error.contains("hunter2"));
    }
}
