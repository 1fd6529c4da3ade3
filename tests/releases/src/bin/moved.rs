//! A release whose function has another name and another module, and whose types are spelled
//! otherwise.

mod accounts {
    pub(crate) mod model {
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(crate) struct Profile {
            pub(crate) text: String,
        }
    }

    #[cachery::cached(name = "profile", ttl = "1h")]
    pub(crate) async fn of_user(
        tenant: core::primitive::u64,
        id: ::std::primitive::u64,
    ) -> std::option::Option<model::Profile> {
        (tenant + id > 0).then(|| model::Profile { text: cachery_releases::load("moved") })
    }
}

use accounts::{model::Profile, of_user};

cachery_releases::release!(of_user, |text| Profile { text });
