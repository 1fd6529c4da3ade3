//! The callers who may use the routes.

mod attempts;
mod token;

pub(crate) use attempts::Attempts;

use std::{fmt, sync::Arc};

use axum::http::{Method, request::Parts};
use token::Token;

/// The callers who may use the routes, beside `/health/live` and `/health/ready`.
///
/// A caller shows a token in the header `Authorization: Bearer …`. Nothing else is looked at: no
/// cookie, and no part of the URL.
///
/// ```
/// use cachery::axum::Access;
///
/// let access = Access::token("ops", "a secret of 16 bytes or more")
///     .read_token("dashboard", "another secret of 16 bytes or more");
/// assert!(!format!("{access:?}").contains("secret of 16"));
/// ```
#[derive(Clone, Default)]
pub struct Access {
    tokens: Vec<Token>,
    /// A line about each token that opens nothing.
    notes: Vec<String>,
    reads_are_open: bool,
    own: Option<Arc<dyn Authorize>>,
}

/// The right to do something by the routes. Later ones include earlier ones.
///
/// ```
/// use cachery::axum::Right;
///
/// assert!(Right::Read < Right::Change);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Right {
    /// To read health, statistics and metrics.
    Read,
    /// To clear, to invalidate, to switch and to reload.
    Change,
}

/// A decision of the program's own about a request, beside tokens.
///
/// ```
/// use axum::http::request::Parts;
/// use cachery::axum::{Access, Authorize, Right};
///
/// /// The user whom the program's own middleware has found.
/// #[derive(Clone)]
/// struct User(String);
///
/// struct Users;
///
/// impl Authorize for Users {
///     fn authorize(&self, request: &Parts, wants: Right) -> Option<String> {
///         let User(name) = request.extensions.get()?;
///         (wants == Right::Read || name == "admin").then(|| name.clone())
///     }
/// }
///
/// let access = Access::by(Users);
/// # let _ = access;
/// ```
pub trait Authorize: Send + Sync + 'static {
    /// Returns the caller's name, for the audit line, if the request may do what it `wants`.
    fn authorize(&self, request: &Parts, wants: Right) -> Option<String>;
}

/// The decision about a request.
pub(crate) enum Verdict {
    /// The request of the caller of this name goes on.
    Granted(String),
    /// The request has no token.
    Missing,
    /// The token is nobody's.
    Wrong,
    /// The token may read only.
    ReadOnly,
}

impl Access {
    /// Opens everything to whoever shows `secret`. The audit lines of changes have the `name`.
    ///
    /// A secret of fewer than 16 bytes opens nothing; an error line in the log and a note in health
    /// say so.
    ///
    /// ```
    /// use cachery::{Caches, axum::{Access, routes}};
    ///
    /// let app = routes(Caches::isolated(), Access::token("ops", "a secret of 16 bytes or more"));
    /// # let _ = app;
    /// ```
    pub fn token(name: impl Into<String>, secret: impl AsRef<[u8]>) -> Self {
        Self::default().and(name.into(), secret.as_ref(), Right::Change)
    }

    /// Opens what the program's own code decides.
    pub fn by(own: impl Authorize) -> Self {
        Self { own: Some(Arc::new(own)), ..Self::default() }
    }

    /// Opens reads, and nothing else, to whoever shows `secret`, too.
    ///
    /// ```
    /// use cachery::axum::Access;
    ///
    /// let access = Access::default().read_token("dashboard", "a secret of 16 bytes or more");
    /// # let _ = access;
    /// ```
    #[must_use]
    pub fn read_token(self, name: impl Into<String>, secret: impl AsRef<[u8]>) -> Self {
        self.and(name.into(), secret.as_ref(), Right::Read)
    }

    /// Opens reads to everybody who can reach the routes, without a token. They see the names of
    /// caches and functions, settings, and the addresses of servers. Changes need a token.
    ///
    /// ```
    /// use cachery::axum::Access;
    ///
    /// let access = Access::token("ops", "a secret of 16 bytes or more").open_reads();
    /// # let _ = access;
    /// ```
    #[must_use]
    pub fn open_reads(self) -> Self {
        Self { reads_are_open: true, ..self }
    }

    /// Adds a token. One whose secret is too short opens nothing, which is told.
    fn and(mut self, name: String, secret: &[u8], right: Right) -> Self {
        match Token::new(name, secret, right) {
            Ok(token) => self.tokens.push(token),
            Err(note) => {
                tracing::error!("{note}");
                self.notes.push(note);
            }
        }
        self
    }

    /// Returns a line about each token that opens nothing.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Decides about a request.
    pub(crate) fn verdict(&self, request: &Parts, wants: Right) -> Verdict {
        let own = self.own.as_ref().and_then(|own| own.authorize(request, wants));
        if let Some(name) = own {
            return Verdict::Granted(name);
        }
        let Some(shown) = token::shown(request) else {
            return self.without_token(wants);
        };
        match token::find(&self.tokens, &shown) {
            Some(token) if token.right >= wants => Verdict::Granted(token.name.clone()),
            Some(_) => Verdict::ReadOnly,
            None => Verdict::Wrong,
        }
    }

    fn without_token(&self, wants: Right) -> Verdict {
        if wants == Right::Read && self.reads_are_open {
            Verdict::Granted("anyone".to_owned())
        } else {
            Verdict::Missing
        }
    }
}

impl Right {
    /// Returns the right that a request of this method needs.
    pub(crate) fn of(method: &Method) -> Self {
        if matches!(*method, Method::GET | Method::HEAD) { Self::Read } else { Self::Change }
    }
}

/// Shows the names of tokens, never a secret.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.tokens.iter().map(|token| &token.name).collect();
        f.debug_struct("Access")
            .field("tokens", &names)
            .field("reads_are_open", &self.reads_are_open)
            .finish_non_exhaustive()
    }
}
