//! Fourteen cached functions, three of them methods, and a declared cache.

use cachery::{cached, caches};

caches! {
    /// Users by id.
    pub static USERS: Cache<u64, String> = { name: "users-by-id", ttl: "10m" };
}

/// Caches functions of an id.
macro_rules! cached_functions {
    ($($function:ident: $name:literal,)*) => {
        $(/// Cached.
        #[cached(name = $name, ttl = "1h")]
        pub async fn $function(id: u64) -> u64 {
            id
        })*
    };
}

cached_functions! {
    profile: "users-profile",
    avatar: "users-avatar",
    friends: "users-friends",
    groups: "users-groups",
    rights: "users-rights",
    language: "users-language",
    city: "users-city",
    visits: "users-visits",
    quota: "users-quota",
    devices: "users-devices",
}

/// A user by id.
#[cached(cache = USERS, key(id))]
pub async fn user(id: u64) -> String {
    id.to_string()
}

/// A repository of users.
#[derive(Debug)]
pub struct Repo {
    /// The tenant whose users they are.
    pub tenant: u64,
}

impl Repo {
    /// The number of users.
    #[cached(name = "users-count", ttl = 60, key(self.tenant))]
    pub async fn count(&self) -> u64 {
        self.tenant
    }

    /// The user with this address.
    #[cached(name = "users-by-mail", ttl = 60, key(self.tenant, mail))]
    pub async fn by_mail(&self, mail: &str) -> Option<u64> {
        mail.is_empty().then_some(self.tenant)
    }

    /// A query.
    #[cached(name = "users-fields", ttl = "forever", skip(self))]
    pub async fn fields(&self) -> Vec<String> {
        vec![]
    }
}
