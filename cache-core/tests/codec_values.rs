//! A value that was stored comes back as it was, or it is not stored and there is a reason: for all
//! that types show to serde.
#![cfg(feature = "remote")]

#[path = "codec_values/depth.rs"]
mod depth;
#[path = "codec_values/golden.rs"]
mod golden;
#[path = "codec_values/proof.rs"]
mod proof;
#[path = "codec_values/properties.rs"]
mod properties;
#[path = "codec_values/releases.rs"]
mod releases;
#[path = "codec_values/reports.rs"]
mod reports;
#[path = "codec_values/shapes.rs"]
mod shapes;

use std::fmt::Debug;

use cachery_core::{
    Codec,
    codec::{Unstorable, equality::Equality},
};
use serde::{Serialize, de::DeserializeOwned};

const CODECS: [Codec; 2] = [Codec::Binary, Codec::Json];
const SIZE: u64 = 8 << 20;

trait Value: Serialize + DeserializeOwned + Debug + Send + Sync {}

impl<V: Serialize + DeserializeOwned + Debug + Send + Sync> Value for V {}

/// Stores the value and takes it back, compared by its bytes. Returns the reason when it is not
/// stored.
fn stored<V: Value>(codec: Codec, value: &V) -> Result<V, Unstorable> {
    stored_if(codec, value, None)
}

/// Stores the value and takes it back, compared by its equality.
fn stored_if_equal<V: Value + PartialEq>(codec: Codec, value: &V) -> Result<V, Unstorable> {
    stored_if(codec, value, Some(V::eq))
}

fn stored_if<V: Value>(
    codec: Codec,
    value: &V,
    equality: Option<Equality<V>>,
) -> Result<V, Unstorable> {
    let bytes = codec.encode(value, equality, SIZE)?;
    Ok(codec.decode(&bytes).expect("what was proved is read"))
}

/// Both codecs give the value back, by whichever proof.
fn comes_back<V: Value + PartialEq>(value: &V) {
    for codec in CODECS {
        assert_eq!(stored(codec, value).as_ref(), Ok(value), "{codec}");
        assert_eq!(stored_if_equal(codec, value).as_ref(), Ok(value), "{codec}");
    }
}

/// The binary codec gives the value back, by whichever proof; JSON cannot, and says why.
fn only_binary<V: Value + PartialEq>(value: &V, json: Unstorable) {
    assert_eq!(stored(Codec::Binary, value).as_ref(), Ok(value));
    assert_eq!(stored_if_equal(Codec::Binary, value).as_ref(), Ok(value));
    assert_eq!(stored(Codec::Json, value), Err(json));
    assert_eq!(stored_if_equal(Codec::Json, value), Err(json));
}
