//! The read path: a call of a cached function, from its key to its value.
//!
//! The files read downwards: a [`Keyed`] is one key of a call site, with the types; [`hit`] returns
//! memory's value. Without one, the [`Call`] waits for a [`Miss`], which has no types: it reads the
//! remote tier, joins the key's flight and, as its leader, asks for the permit to load. The [`Load`] runs the function,
//! and a [`Filling`] brings its value to the remote tier, to memory and to all who wait. A cache
//! without a remote tier takes the same way; its misses have no
//! [`RemotePart`](remote_part::RemotePart). A thread goes the same way for a function that is not
//! async (`by_thread`).

mod batch;
mod by_thread;
mod call;
mod combined;
mod companions;
mod declared;
mod declared_tag;
mod detached;
mod fill;
mod invalidate;
mod invalidations;
mod keyed;
mod load;
mod load_output;
mod look;
mod many;
mod miss;
mod note;
mod remote_fill;
mod remote_part;
mod reservation;
mod served;
mod soft_timeout;
mod standby;
mod tagged;
mod thread_wait;
mod together;

pub use batch::{Batch, references};
pub use by_thread::invalidate_all_now;
pub use companions::{Turn, hit, hit_now};
pub use declared::Cache;
pub use declared_tag::{IsTag, Tag};
pub use invalidate::{Target, invalidate_all};
pub use invalidations::Invalidations;
pub use keyed::{
    At, Budgeted, InDeclared, Keyed, Plain, Skipped, Tagged, TaggedAt, TaggedPlain, Value,
};
pub use load_output::{LoadManyOutput, LoadOutput};
pub(crate) use look::look;
pub use look::{Found, Look, NextCall, State};
pub use many::{invalidate_many, peek_many, put_many};
pub use note::{Served, Tier};
pub use served::ServedResult;
