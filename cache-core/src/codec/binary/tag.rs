//! The first byte of each written value: its kind, and how wide the number or the count is that
//! follows.

/// `()` or a unit struct.
pub(super) const UNIT: u8 = 0x00;
/// `None`.
pub(super) const NONE: u8 = 0x01;
/// `Some`; the value follows.
pub(super) const SOME: u8 = 0x02;
/// `false`.
pub(super) const FALSE: u8 = 0x03;
/// `true`.
pub(super) const TRUE: u8 = 0x04;
/// A `char`; four bytes follow.
pub(super) const CHAR: u8 = 0x05;
/// The bits of an `f32`; four bytes follow.
pub(super) const F32: u8 = 0x06;
/// The bits of an `f64`; eight bytes follow.
pub(super) const F64: u8 = 0x07;
/// Stands for a key: the value beside it is the number of fields that this struct left out.
pub(super) const LEFT_OUT: u8 = 0x08;
/// A variant without a payload; its name follows, as a string.
pub(super) const UNIT_VARIANT: u8 = 0x09;
/// A variant; its name follows, as a string, then its payload, as any value.
pub(super) const VARIANT: u8 = 0x0a;

/// A sequence; a count follows, then its elements.
pub(super) const SEQ: u8 = 0x10;
/// A tuple, an array or a tuple struct: a sequence whose order is part of the value.
pub(super) const TUPLE: u8 = 0x12;
/// A sequence of `u8`s; a count follows, then the bytes as they are.
pub(super) const BYTE_SEQ: u8 = SEQ | PACKED;
/// A tuple of `u8`s.
pub(super) const BYTE_TUPLE: u8 = TUPLE | PACKED;
/// A map or a struct; a count follows, then keys and values in turn.
pub(super) const MAP: u8 = 0x18;
/// Bytes; a count follows.
pub(super) const BYTES: u8 = 0x1a;
/// A string too long for [`SHORT_STR`]; a count follows.
pub(super) const STR: u8 = 0x1c;

/// Turns [`SEQ`] and [`TUPLE`] into their packed forms.
pub(super) const PACKED: u8 = 0x04;
/// Added to a tag with a count: the count takes four bytes and not one.
pub(super) const WIDE: u8 = 0x01;

/// The first of the unsigned integers: `UNSIGNED | type << 3 | width`, see [`int`].
pub(super) const UNSIGNED: u8 = 0x20;
/// The first of the signed integers.
pub(super) const SIGNED: u8 = 0x48;
/// One behind the last of the signed integers.
pub(super) const INTS_END: u8 = SIGNED + int(4, 4) + 1;
/// A `u8`; one byte follows.
pub(super) const U8: u8 = UNSIGNED;

/// A string of up to [`SHORT_MAX`] bytes: the lower bits are its length.
pub(super) const SHORT_STR: u8 = 0x80;
/// The longest short string.
pub(super) const SHORT_MAX: usize = 0x7f;

/// Returns what an integer's tag adds to [`UNSIGNED`] or [`SIGNED`]. Both are logarithms of bytes:
/// of the integer's type (4 for 128 bits), and of what follows, the fewest bytes that hold the
/// number.
pub(super) const fn int(of_type: u8, width: u8) -> u8 {
    of_type << 3 | width
}
