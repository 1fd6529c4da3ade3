//! Values of several parts, whose count may be known only at their end.

use serde::{Serialize, ser};

use super::Writer;
use crate::codec::binary::{
    error::Error,
    tag::{LEFT_OUT, PACKED, WIDE},
};

/// A sequence, tuple, map or struct that is being written.
pub(super) struct Compound<'w> {
    writer: &'w mut Writer,
    /// The place of the tag in what was written.
    start: usize,
    /// The parts so far; a key and its value are one.
    count: usize,
    /// The fields that the struct left out.
    left_out: u32,
    /// The levels that end with it: a variant is one more.
    levels: usize,
}

impl<'w> Compound<'w> {
    pub(super) fn new(writer: &'w mut Writer, start: usize) -> Self {
        Self { writer, start, count: 0, left_out: 0, levels: 1 }
    }

    /// Ends a variant with it.
    pub(super) fn of_variant(mut self) -> Self {
        self.levels += 1;
        self
    }

    #[inline]
    fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.expect(1)?;
        value.serialize(&mut *self.writer).map_err(|error| self.writer.fail(error))
    }

    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.count += 1;
        self.write(value)
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.count += 1;
        self.writer.str(key)?;
        self.write(value)
    }

    fn close(mut self) -> Result<(), Error> {
        self.close_struct();
        self.close_packed();
        self.settle_count()?;
        self.writer.depth -= self.levels;
        Ok(())
    }

    /// Says how many fields were left out, so that a reader tells them from fields that the writer
    /// did not know.
    fn close_struct(&mut self) {
        if self.left_out > 0 {
            self.count += 1;
            self.writer.tag(LEFT_OUT);
            self.writer.unsigned(2, self.left_out.into());
        }
    }

    /// Marks a sequence that held nothing but `u8`s.
    fn close_packed(&mut self) {
        if self.writer.packed.take().is_some() && self.count > 0 {
            self.writer.out[self.start] |= PACKED;
        }
    }

    /// Writes the count that turned out, over the announced one.
    fn settle_count(&mut self) -> Result<(), Error> {
        let Ok(count) = u32::try_from(self.count) else {
            return Err(self.writer.fail(Error::TooLarge));
        };
        let out = &mut self.writer.out;
        let first = self.start + 1;
        let wide = out[self.start] & WIDE != 0;
        match u8::try_from(count) {
            Ok(narrow) if !wide => out[first] = narrow,
            _ if wide => out[first..first + 4].copy_from_slice(&count.to_le_bytes()),
            // The type announced up to 255 parts and had more. It is rare enough to move what was
            // written.
            _ => {
                out[self.start] |= WIDE;
                out.splice(first..=first, count.to_le_bytes());
            }
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTuple for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTupleVariant for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.write(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.field(key, value)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
        self.left_out += 1;
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeStructVariant for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.field(key, value)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
        self.left_out += 1;
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
