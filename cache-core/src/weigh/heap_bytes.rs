//! The bytes that values own on the heap.

use std::{borrow::Cow, sync::Arc};

/// The two counts in front of what an `Arc` holds.
const COUNTS: usize = 2 * size_of::<usize>();

/// A value that owns bytes on the heap, whose number its type tells.
///
/// `How` is a marker: it keeps the implementation for containers of `Copy` items apart from that
/// for containers of items that own more. No type is both.
pub trait HeapBytes<How> {
    /// Returns the bytes on the heap. An `Arc` that others share counts in full.
    fn heap_bytes(&self) -> usize;
}

/// The marker of values that own bytes alone.
#[derive(Debug)]
pub struct Flat;

/// The marker of containers of values that are marked `How`.
#[derive(Debug)]
pub struct Deep<How>(How);

impl HeapBytes<Flat> for String {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl HeapBytes<Flat> for Box<str> {
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl HeapBytes<Flat> for Arc<str> {
    fn heap_bytes(&self) -> usize {
        COUNTS + self.len()
    }
}

impl HeapBytes<Flat> for Cow<'static, str> {
    fn heap_bytes(&self) -> usize {
        match self {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.capacity(),
        }
    }
}

impl<T: Copy> HeapBytes<Flat> for Vec<T> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<T>()
    }
}

impl<T: Copy> HeapBytes<Flat> for Box<[T]> {
    fn heap_bytes(&self) -> usize {
        size_of_val(&**self)
    }
}

impl<T: Copy> HeapBytes<Flat> for Arc<[T]> {
    fn heap_bytes(&self) -> usize {
        COUNTS + size_of_val(&**self)
    }
}

impl<T: Copy> HeapBytes<Flat> for Cow<'static, [T]> {
    fn heap_bytes(&self) -> usize {
        match self {
            Cow::Borrowed(_) => 0,
            Cow::Owned(items) => items.heap_bytes(),
        }
    }
}

impl<T: Copy> HeapBytes<Flat> for Box<T> {
    fn heap_bytes(&self) -> usize {
        size_of::<T>()
    }
}

impl<T: Copy> HeapBytes<Flat> for Arc<T> {
    fn heap_bytes(&self) -> usize {
        COUNTS + size_of::<T>()
    }
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Vec<T> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<T>() + owned(self)
    }
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Box<[T]> {
    fn heap_bytes(&self) -> usize {
        size_of_val(&**self) + owned(self)
    }
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Arc<[T]> {
    fn heap_bytes(&self) -> usize {
        COUNTS + size_of_val(&**self) + owned(self)
    }
}

/// Returns the bytes that `items` own.
fn owned<How, T: HeapBytes<How>>(items: &[T]) -> usize {
    items.iter().map(T::heap_bytes).sum()
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Box<T> {
    fn heap_bytes(&self) -> usize {
        size_of::<T>() + T::heap_bytes(self)
    }
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Arc<T> {
    fn heap_bytes(&self) -> usize {
        COUNTS + size_of::<T>() + T::heap_bytes(self)
    }
}

impl<How, T: HeapBytes<How>> HeapBytes<Deep<How>> for Option<T> {
    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::heap_bytes)
    }
}
