//! The syntax that Cachery reads alike when it compiles and when it runs.
//!
//! Durations, sizes, backends, engines, the names of caches, the names of fields and the nearest
//! spelling of a misspelt word each have their one reader here, for attributes, files and
//! variables.
//!
//! ```
//! use cachery_syntax::{Ttl, check_name, nearest, variable_stem};
//!
//! assert_eq!("1h30m".parse::<Ttl>().unwrap().to_string(), "1h30m");
//! assert!(check_name("user-orders").is_ok());
//! assert_eq!(variable_stem("user-orders"), "USER_ORDERS");
//! assert_eq!(nearest("capasity", ["ttl", "capacity"]), Some("capacity"));
//! ```

mod backend;
mod budget;
mod choice;
mod duration;
mod engine;
mod excerpt;
mod field;
mod name;
mod nearest;
mod period;
mod refresh;
mod size;
mod ttl;

pub use backend::Backend;
pub use budget::{Budget, BudgetError, Window, format_amount};
pub use choice::{ChoiceError, choose};
pub use duration::{DurationError, MAX_DURATION, format_duration, parse_duration};
pub use engine::{Engine, Eviction};
pub use excerpt::{excerpt, shown_name};
pub use field::{Field, Global, Support};
pub use name::{MAX_NAME_BYTES, NameError, check_name, variable_of, variable_stem};
pub use nearest::{misspelt, nearest};
pub use period::{Period, PeriodError};
pub use refresh::{Refresh, RefreshError};
pub use size::{SizeError, format_size, parse_size};
pub use ttl::{Ttl, TtlError};
