//! The return types of functions that are cached for each item of a list.
//!
//! A value belongs to the item at its place, or to the one whose key it has. How it is stored is that
//! of a call for the item alone, which returns a `V` or an error `E`.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    hash::{BuildHasher, Hash},
};

use crate::key::{CacheKey, Key, KeyHasher, StoredKey};

/// The return type of a function for several items, each with a value `V` or an error `E`.
pub trait BatchReturn<V, E>: Sized {
    /// The key of a value; `()` where values are returned by their places.
    type Key;
    /// The items that the function was called with, as far as its values need them.
    type Asked: Send;
    /// `true` where each item has an error of its own.
    const ERROR_OF_EACH: bool;

    /// Creates it with room for so many values.
    fn with_room(count: usize) -> Self;

    /// Adds the outcome of the next item.
    fn add(&mut self, key: impl FnOnce() -> Self::Key, outcome: Result<V, E>);

    /// Creates the outcome of a call that failed as a whole.
    fn failed(error: E) -> Self;

    /// Returns the value of an item in place of one that the function did not return; `None` where
    /// that is an error.
    fn nothing() -> Option<V> {
        None
    }

    /// Notes the items that the function is to be called with.
    fn asked(keys: impl ExactSizeIterator<Item = Self::Key>) -> Self::Asked;

    /// Returns the outcomes of these items, in their order.
    fn outcomes(self, asked: Self::Asked) -> Outcomes<V, E>;
}

/// The outcomes of a run.
pub enum Outcomes<V, E> {
    /// One for each item.
    Each(Vec<Result<V, E>>),
    /// The whole run failed.
    Failed(E),
    /// It returned so many values for so many items.
    WrongLength {
        /// The number of items.
        asked: usize,
        /// The number of values.
        returned: usize,
    },
}

/// Returns the values by their places, if there is one for each of `asked` items.
fn by_place<T, V, E>(
    values: Vec<T>,
    asked: usize,
    outcome: impl Fn(T) -> Result<V, E>,
) -> Outcomes<V, E> {
    if values.len() == asked {
        Outcomes::Each(values.into_iter().map(outcome).collect())
    } else {
        Outcomes::WrongLength { asked, returned: values.len() }
    }
}

impl<V, E> BatchReturn<V, E> for Result<Vec<V>, E> {
    type Key = ();
    type Asked = usize;
    const ERROR_OF_EACH: bool = false;

    fn with_room(count: usize) -> Self {
        Ok(Vec::with_capacity(count))
    }

    fn add(&mut self, _: impl FnOnce(), outcome: Result<V, E>) {
        match (&mut *self, outcome) {
            (Ok(values), Ok(value)) => values.push(value),
            (Ok(_), Err(error)) => *self = Err(error),
            (Err(_), _) => {}
        }
    }

    fn failed(error: E) -> Self {
        Err(error)
    }

    fn asked(keys: impl ExactSizeIterator<Item = ()>) -> usize {
        keys.len()
    }

    fn outcomes(self, asked: usize) -> Outcomes<V, E> {
        match self {
            Ok(values) => by_place(values, asked, Ok),
            Err(error) => Outcomes::Failed(error),
        }
    }
}

impl<V, E> BatchReturn<V, E> for Vec<Result<V, E>> {
    type Key = ();
    type Asked = usize;
    const ERROR_OF_EACH: bool = true;

    fn with_room(count: usize) -> Self {
        Self::with_capacity(count)
    }

    fn add(&mut self, _: impl FnOnce(), outcome: Result<V, E>) {
        self.push(outcome);
    }

    fn failed(error: E) -> Self {
        vec![Err(error)]
    }

    fn asked(keys: impl ExactSizeIterator<Item = ()>) -> usize {
        keys.len()
    }

    fn outcomes(self, asked: usize) -> Outcomes<V, E> {
        by_place(self, asked, |outcome| outcome)
    }
}

impl<V> BatchReturn<Option<V>, Infallible> for Vec<Option<V>> {
    type Key = ();
    type Asked = usize;
    const ERROR_OF_EACH: bool = false;

    fn with_room(count: usize) -> Self {
        Self::with_capacity(count)
    }

    fn add(&mut self, _: impl FnOnce(), outcome: Result<Option<V>, Infallible>) {
        let Ok(value) = outcome;
        self.push(value);
    }

    fn failed(never: Infallible) -> Self {
        match never {}
    }

    fn nothing() -> Option<Option<V>> {
        Some(None)
    }

    fn asked(keys: impl ExactSizeIterator<Item = ()>) -> usize {
        keys.len()
    }

    fn outcomes(self, asked: usize) -> Outcomes<Option<V>, Infallible> {
        by_place(self, asked, Ok)
    }
}

/// Returns the values by their keys, in the order of those that were asked for. A key that nobody
/// has asked for is passed over, and one without a value has `None`.
fn by_key<K: CacheKey, V, E>(
    values: impl IntoIterator<Item = (K, V)>,
    asked: &[StoredKey],
) -> Outcomes<Option<V>, E> {
    // Keys are compared as the cache compares them.
    let mut keyed = HashMap::with_hasher(KeyHasher);
    keyed.extend(values.into_iter().map(|(key, value)| (key_of(&key), value)));
    Outcomes::Each(asked.iter().map(|key| Ok(keyed.remove(key))).collect())
}

fn key_of(key: &impl CacheKey) -> StoredKey {
    StoredKey::from(&Key::of(&[key]))
}

/// Implements it for a map that `with_room` creates, and for a `Result` of one.
macro_rules! by_key {
    ($map:ty, [$($generics:tt)*], $with_room:expr) => {
        impl<$($generics)*> BatchReturn<Option<V>, Infallible> for $map {
            type Key = K;
            type Asked = Vec<StoredKey>;
            const ERROR_OF_EACH: bool = false;

            fn with_room(count: usize) -> Self {
                $with_room(count)
            }

            fn add(&mut self, key: impl FnOnce() -> K, outcome: Result<Option<V>, Infallible>) {
                let Ok(value) = outcome;
                if let Some(value) = value {
                    self.insert(key(), value);
                }
            }

            fn failed(never: Infallible) -> Self {
                match never {}
            }

            fn asked(keys: impl ExactSizeIterator<Item = K>) -> Vec<StoredKey> {
                keys.map(|key| key_of(&key)).collect()
            }

            fn outcomes(self, asked: Vec<StoredKey>) -> Outcomes<Option<V>, Infallible> {
                by_key(self, &asked)
            }
        }

        impl<$($generics)*, E> BatchReturn<Option<V>, E> for Result<$map, E> {
            type Key = K;
            type Asked = Vec<StoredKey>;
            const ERROR_OF_EACH: bool = false;

            fn with_room(count: usize) -> Self {
                Ok(<$map>::with_room(count))
            }

            fn add(&mut self, key: impl FnOnce() -> K, outcome: Result<Option<V>, E>) {
                match (&mut *self, outcome) {
                    (Ok(values), Ok(value)) => values.add(key, Ok(value)),
                    (Ok(_), Err(error)) => *self = Err(error),
                    (Err(_), _) => {}
                }
            }

            fn failed(error: E) -> Self {
                Err(error)
            }

            fn asked(keys: impl ExactSizeIterator<Item = K>) -> Vec<StoredKey> {
                <$map>::asked(keys)
            }

            fn outcomes(self, asked: Vec<StoredKey>) -> Outcomes<Option<V>, E> {
                match self {
                    Ok(values) => by_key(values, &asked),
                    Err(error) => Outcomes::Failed(error),
                }
            }
        }
    };
}

by_key!(
    HashMap<K, V, S>,
    [K: CacheKey + Eq + Hash, V, S: BuildHasher + Default],
    |count| Self::with_capacity_and_hasher(count, S::default())
);
by_key!(BTreeMap<K, V>, [K: CacheKey + Ord, V], |_| Self::new());
