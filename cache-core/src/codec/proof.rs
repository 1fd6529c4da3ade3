//! Proof that what is stored gives back what the function returned.

use serde::{Deserialize, Serialize};

use super::{
    binary::{self, Bounds},
    equality::Equality,
    outcome::Unstorable,
};

/// Returns `value` as the binary codec stores it, proved.
pub(super) fn binary<V>(
    value: &V,
    equality: Option<Equality<V>>,
    bounds: Bounds,
) -> Result<Vec<u8>, Unstorable>
where
    V: Serialize + for<'de> Deserialize<'de>,
{
    let bounds = Bounds { size: bounds.size.saturating_sub(binary::SEAL), ..bounds };
    let mut written = binary::write(value, bounds)?;
    let copy = binary::read::<V>(&written, bounds.depth).map_err(|error| match error {
        binary::Error::TooDeep => Unstorable::TooDeep,
        _ => Unstorable::DoesNotReadBack,
    })?;
    prove(value, &copy.value, equality, &written, bounds)?;
    binary::seal(&mut written, copy.missing);
    Ok(written)
}

/// Returns `value` as another codec stores it, proved.
pub(super) fn other<V: Serialize, E>(
    value: &V,
    equality: Option<Equality<V>>,
    bounds: Bounds,
    write: impl FnOnce(&V, usize) -> Result<Vec<u8>, Unstorable>,
    read: impl FnOnce(&[u8]) -> Result<V, E>,
) -> Result<Vec<u8>, Unstorable> {
    // To compare with; a value that is too deep for `write` ends here.
    let exact = binary::write(value, Bounds { size: usize::MAX, ..bounds })?;
    let written = write(value, bounds.size)?;
    let copy = read(&written).map_err(|_| Unstorable::DoesNotReadBack)?;
    prove(value, &copy, equality, &exact, bounds)?;
    Ok(written)
}

/// Fails unless `copy`, read from what was written, equals `value`, which is `exact` as the binary
/// codec writes it.
///
/// The type's own equality decides, if it has one and `value` equals itself, which NaN does not.
/// Else bytes decide: the binary codec must write both alike, but for the order of maps and sets.
fn prove<V: Serialize>(
    value: &V,
    copy: &V,
    equality: Option<Equality<V>>,
    exact: &[u8],
    bounds: Bounds,
) -> Result<(), Unstorable> {
    let equal = match equality {
        Some(equal) if equal(value, value) => equal(value, copy),
        _ => alike(exact, copy, bounds)?,
    };
    if equal { Ok(()) } else { Err(Unstorable::NotEqual) }
}

/// Returns whether the binary codec writes `copy` as `exact`.
fn alike<V: Serialize>(exact: &[u8], copy: &V, bounds: Bounds) -> Result<bool, Unstorable> {
    // A copy that takes more bytes is another value already.
    let bounds = Bounds { size: exact.len(), ..bounds };
    match binary::write(copy, bounds) {
        Ok(again) => Ok(again == exact || binary::same_but_for_order(&again, exact, bounds.depth)),
        Err(binary::Error::TooLarge) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The reason when writing failed.
impl From<binary::Error> for Unstorable {
    fn from(error: binary::Error) -> Self {
        match error {
            binary::Error::TooDeep => Self::TooDeep,
            binary::Error::TooLarge => Self::TooLarge,
            binary::Error::Refused | binary::Error::Malformed => Self::NotSerializable,
        }
    }
}
