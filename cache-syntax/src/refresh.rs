//! The moment from which a value is refreshed before its ttl ends.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::{excerpt::excerpt, nearest::nearest};

const AUTO: &str = "auto";
const OFF: &str = "off";

/// The moment from which a value is refreshed before its ttl ends, as an attribute, a file or a
/// variable says it.
///
/// ```
/// use cachery_syntax::Refresh;
///
/// assert_eq!("auto".parse(), Ok(Refresh::Auto));
/// assert_eq!("80%".parse(), Ok(Refresh::After(80)));
/// assert_eq!("0%".parse::<Refresh>().unwrap_err().to_string(), r#""0%" is not a share of the ttl: write 1 to 99 percent, such as "80%""#);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refresh {
    /// Not before the ttl has ended.
    #[default]
    Off,
    /// In the last 20 % of the ttl, or for 20 times the mean load time, whichever is less.
    Auto,
    /// Once so many percent of the ttl have passed, from 1 to 99.
    After(u8),
}

/// The mistake in a [`Refresh`], and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The share is none, or all of the ttl.
    #[error("{0:?} is not a share of the ttl: write 1 to 99 percent, such as \"80%\"")]
    Percent(String),
    /// A word that has no meaning here.
    #[error("{word:?} is not a time to refresh: {way_out}")]
    Word {
        /// The text as it was written.
        word: String,
        /// The nearest right spelling, or all of them.
        way_out: String,
    },
}

impl Refresh {
    /// Checks a value that code has made.
    ///
    /// # Errors
    /// Refuses a share of the ttl that is none or all of it.
    pub fn check(self) -> Result<Self, RefreshError> {
        match self {
            Self::After(0 | 100..) => Err(RefreshError::Percent(self.to_string())),
            _ => Ok(self),
        }
    }
}

impl FromStr for Refresh {
    type Err = RefreshError;

    fn from_str(text: &str) -> Result<Self, RefreshError> {
        match text {
            AUTO => return Ok(Self::Auto),
            OFF => return Ok(Self::Off),
            _ => {}
        }
        let Some(percent) = text.strip_suffix('%') else {
            let way_out = match nearest(text, [AUTO, OFF]) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write \"{AUTO}\", \"80%\" or \"{OFF}\""),
            };
            return Err(RefreshError::Word { word: excerpt(text), way_out });
        };
        let wrong = || RefreshError::Percent(excerpt(text));
        // Not a sign, which `parse` would take.
        let is_number = percent.bytes().all(|byte| byte.is_ascii_digit());
        let percent = percent.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
        Self::After(percent).check()
    }
}

impl fmt::Display for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str(OFF),
            Self::Auto => f.write_str(AUTO),
            Self::After(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Serialize for Refresh {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["off", "auto", "1%", "80%", "99%"] {
            assert_eq!(text.parse::<Refresh>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_share_is_some_of_the_ttl_and_not_all() {
        for text in ["0%", "100%", "300%", "-1%", "+80%", "%", "12.5%", "80 %"] {
            let error = text.parse::<Refresh>().unwrap_err().to_string();
            assert!(error.contains("write 1 to 99 percent"), "{text}: {error}");
        }
        assert!(Refresh::After(0).check().is_err() && Refresh::After(100).check().is_err());
    }

    #[test]
    fn a_wrong_word_is_told_the_right_ones() {
        let error = |text: &str| text.parse::<Refresh>().unwrap_err().to_string();
        assert_eq!(error("atuo"), r#""atuo" is not a time to refresh: did you mean "auto"?"#);
        assert_eq!(error("10s"), r#""10s" is not a time to refresh: write "auto", "80%" or "off""#);
    }
}
