//! The arguments of a load in a task of its own.

use std::borrow::ToOwned;

/// A borrowed argument, of which a task of its own gets a copy.
#[diagnostic::on_unimplemented(
    message = "with `detach` a task of its own gets a copy of each argument, and `{Self}` is not `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "derive `Clone` for it, take an `Arc<{Self}>`, which the task shares, or remove `detach`"
)]
pub trait OwnedByTask<O> {
    /// Returns a copy.
    fn owned(&self) -> O;
}

// The copy is not an associated type: the compiler would look for it where it is used, too, and would
// tell of `Clone` there in its own words.
#[diagnostic::do_not_recommend]
impl<T: ToOwned<Owned = O> + ?Sized, O> OwnedByTask<O> for T {
    fn owned(&self) -> O {
        self.to_owned()
    }
}
