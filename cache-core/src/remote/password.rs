//! Sources of passwords that are asked before each connection, for tokens that expire.

use std::{fmt, future::Future, sync::Arc};

use super::Pending;

/// The source of the password for a store, asked before each connection.
#[derive(Clone, Debug)]
pub enum PasswordSource {
    /// A command for the shell, which prints the password in one line.
    Command(String),
    /// A closure of the program.
    Provider(PasswordProvider),
}

/// A closure that returns the password for a store.
#[derive(Clone)]
pub struct PasswordProvider(Arc<dyn Fn() -> Pending<'static, Option<String>> + Send + Sync>);

impl PasswordProvider {
    /// Returns the source that asks `provider`.
    pub fn new<F>(provider: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(provider())))
    }

    /// Asks for the password. `None` when there is none at present.
    pub fn ask(&self) -> Pending<'static, Option<String>> {
        (self.0)()
    }
}

impl fmt::Debug for PasswordProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordProvider(..)")
    }
}
