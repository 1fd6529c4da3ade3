//! The items of a batch, and the keys of the values that are returned by them.

/// An item of a list. A call copies those that it loads.
#[diagnostic::on_unimplemented(
    message = "the items of a batch are copied for the function, and `{Self}` is not `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "derive `Clone` for `{Self}`, or take references: `&[&{Self}]`"
)]
pub trait BatchItem: Sized {
    /// Returns a copy of the item.
    #[must_use]
    fn copied(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<I: Clone> BatchItem for I {
    fn copied(&self) -> Self {
        self.clone()
    }
}

/// The key of a value that is returned by its item `I`.
#[diagnostic::on_unimplemented(
    message = "the values of a batch are returned by its items, which are `{I}` and not `{Self}`",
    label = "its keys are not the items of the list",
    note = "return a map by the items, such as a `HashMap<{I}, V>`"
)]
pub trait ByItem<I> {
    /// Returns the key of an item.
    fn by_item(item: I) -> Self;
}

#[diagnostic::do_not_recommend]
impl<I> ByItem<I> for I {
    fn by_item(item: I) -> Self {
        item
    }
}
