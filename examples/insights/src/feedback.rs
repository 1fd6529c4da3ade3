//! A stand-in for a database: what customers have said, in a directory that all nodes share.

use std::{fs, io::ErrorKind, path::PathBuf};

/// The texts that are there until somebody changes them.
const SAMPLES: [&str; 12] = [
    "The export to CSV fails for large accounts, and support does not answer.",
    "I love the new dashboard, it is fast and clear.",
    "Please add single sign-on, our security team asks for it.",
    "The mobile app drains the battery, unlike that of your competitor.",
    "Invoices show the wrong tax, this is urgent.",
    "A dark theme would be great for night shifts.",
    "The search finds nothing when I misspell a word.",
    "Your prices are higher than those of others, but it is worth it.",
    "I cannot share a report with somebody outside of my team.",
    "The last update broke the import of calendars.",
    "Onboarding was easy, thank you.",
    "The API is slow on Monday mornings.",
];

/// Feedback about a tenant's product.
pub(crate) struct Feedback {
    pub(crate) product: u64,
    pub(crate) text: String,
}

/// The texts of all tenants.
pub(crate) struct Store {
    directory: PathBuf,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("the database fails: {0}")]
pub(crate) struct StoreError(String);

impl Store {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    pub(crate) fn read(&self, tenant: &str, id: u64) -> Result<Feedback, StoreError> {
        let text = match fs::read_to_string(self.path(tenant, id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => sample(id).to_owned(),
            read => read.map_err(failed)?,
        };
        Ok(Feedback { product: product_of(id), text })
    }

    /// Reads all that is said about a product.
    pub(crate) fn of_product(&self, tenant: &str, product: u64) -> Result<Vec<String>, StoreError> {
        let ids = (0..4).map(|nth| nth * PRODUCTS + product);
        ids.map(|id| Ok(self.read(tenant, id)?.text)).collect()
    }

    /// Writes a text, so that readers see the old one or the new one.
    pub(crate) fn write(&self, tenant: &str, id: u64, text: &str) -> Result<Feedback, StoreError> {
        fs::create_dir_all(&self.directory).map_err(failed)?;
        let path = self.path(tenant, id);
        let draft = path.with_extension("draft");
        fs::write(&draft, text).and_then(|()| fs::rename(draft, path)).map_err(failed)?;
        self.read(tenant, id)
    }

    fn path(&self, tenant: &str, id: u64) -> PathBuf {
        let tenant: String = tenant.chars().filter(char::is_ascii_alphanumeric).collect();
        self.directory.join(format!("{tenant}-{id}"))
    }
}

/// The number of a tenant's products.
pub(crate) const PRODUCTS: u64 = 10;

fn product_of(id: u64) -> u64 {
    id % PRODUCTS
}

fn sample(id: u64) -> &'static str {
    let number = usize::try_from(id).unwrap_or_default();
    SAMPLES[number % SAMPLES.len()]
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: std::io::Error) -> StoreError {
    StoreError(error.to_string())
}
